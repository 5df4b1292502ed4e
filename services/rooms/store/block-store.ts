import { insertMissing } from '@chat/service'
import { type BlockDoc, blockId } from './documents.ts'
import type { Models } from './models.ts'

type Block = Pick<BlockDoc, 'userId' | 'blockedId'>

/** Who has blocked whom. */
export class BlockStore {
  private readonly blocks: Models['blocks']
  constructor({ blocks }: Models) {
    this.blocks = blocks
  }

  async add(userId: string, blockedId: string): Promise<void> {
    const block = { _id: blockId(userId, blockedId), userId, blockedId, createdAt: new Date() }
    await insertMissing(this.blocks, [block])
  }

  async remove(userId: string, blockedId: string): Promise<void> {
    await this.blocks.deleteOne({ _id: blockId(userId, blockedId) })
  }

  async blockedBy(userId: string): Promise<string[]> {
    const found = await this.blocks.find({ userId }, { blockedId: 1 }).lean()
    return found.map(({ blockedId }) => blockedId)
  }

  /** Everybody who has blocked this user. */
  async allBlockersOf(blockedId: string): Promise<string[]> {
    const found = await this.blocks.find({ blockedId }, { userId: 1 }).lean()
    return found.map(({ userId }) => userId)
  }

  /** Those of `userIds` who have blocked this user. */
  async blockersOf(blockedId: string, userIds: string[]): Promise<Set<string>> {
    const found = await this.among(userIds.map((userId) => ({ userId, blockedId })))
    return new Set(found.map(({ userId }) => userId))
  }

  /** Those of these blocks that exist. */
  async among(pairs: Block[]): Promise<Block[]> {
    if (pairs.length === 0) return []
    const ids = pairs.map(({ userId, blockedId }) => blockId(userId, blockedId))
    return this.blocks.find({ _id: { $in: ids } }, { _id: 0, userId: 1, blockedId: 1 }).lean()
  }
}
