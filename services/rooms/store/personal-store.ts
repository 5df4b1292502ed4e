import type { Models } from './models.ts'

/** What is stored about a user beside their directory entry and memberships. */
export class PersonalStore {
  private readonly models: Models
  constructor(models: Models) {
    this.models = models
  }

  /** By kind, as an export of personal data names it. */
  async of(userId: string) {
    const { blocks, bans, mutes, mentions } = this.models
    const [block, ban, mute, mention] = await Promise.all([
      blocks.find({ userId }).lean(),
      bans.find({ userId }).lean(),
      mutes.find({ userId }).lean(),
      mentions.find({ userId }).lean(),
    ])
    return { block, ban, mute, mention }
  }

  async remove(userId: string): Promise<void> {
    const { blocks, bans, mutes, mentions } = this.models
    await blocks.deleteMany({ userId })
    await bans.deleteMany({ userId })
    await mutes.deleteMany({ userId })
    await mentions.deleteMany({ userId })
  }
}
