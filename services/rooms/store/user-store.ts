import { defaultName, normalised } from '@chat/contract'
import { insertMissing, pairsOf } from '@chat/service'
import { type BlockDoc, blockId, erasedId, type Profile, type UserDoc, userIdsOf } from './documents.ts'
import type { Models } from './models.ts'

/** A nickName is indexed by each of its characters and each two adjacent ones. */
const gramsOf = (text: string) => [...new Set([...text, ...pairsOf(text)])]

const named = (nickName: string) => ({ nickName, grams: gramsOf(normalised(nickName)) })

const defined = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

type Block = Pick<BlockDoc, 'userId' | 'blockedId'>

/** The directory of users, the digests of erased ones, and who has blocked whom. */
export class UserStore {
  private readonly models: Models
  constructor(models: Models) {
    this.models = models
  }

  get = (userId: string): Promise<UserDoc | null> => this.models.users.findById(userId).lean()

  async getMany(userIds: Iterable<string>): Promise<Map<string, UserDoc>> {
    const found = await this.models.users.find({ _id: { $in: [...new Set(userIds)] } }).lean()
    return new Map(found.map((user) => [user._id, user]))
  }

  async nickNames(userIds: string[], pattern?: RegExp): Promise<Map<string, string>> {
    const these = { _id: { $in: [...new Set(userIds)] }, ...(pattern && { nickName: pattern }) }
    const found = await this.models.users.find(these, { nickName: 1 }).lean()
    return new Map(found.map(({ _id, nickName }) => [_id, nickName]))
  }

  /** Users whose nickName may contain the normalised, non-empty `text`, in the order of their ids. */
  async search(text: string, after: string, limit: number): Promise<UserDoc[]> {
    const pairs = pairsOf(text)
    const grams = pairs.length > 0 ? pairs : [...text]
    const matching = { grams: { $all: grams }, _id: { $gt: after } }
    return this.models.users.find(matching).sort({ _id: 1 }).limit(limit).lean()
  }

  /** Without a nickName, a new user's is made from the id. @returns the ids of the new users */
  async save(profiles: Profile[]): Promise<string[]> {
    const { upsertedIds } = await this.models.users.bulkWrite(
      profiles.map(({ _id, nickName, profileUrl, meta }) => ({
        updateOne: {
          filter: { _id },
          update: {
            $set: { ...(nickName !== undefined && named(nickName)), ...defined({ profileUrl, meta }) },
            $setOnInsert: {
              issuedFrom: null,
              createdAt: new Date(),
              ...(nickName === undefined && named(defaultName(_id))),
              ...(profileUrl === undefined && { profileUrl: null }),
              ...(meta === undefined && { meta: null }),
            },
          },
          upsert: true,
        },
      })),
      { ordered: false },
    )
    return Object.values(upsertedIds) as string[]
  }

  /** @param issuedFrom tokens issued before it are revoked; in seconds since the epoch */
  async revokeTokens(userId: string, issuedFrom: number): Promise<void> {
    await this.models.users.updateOne({ _id: userId }, { $max: { issuedFrom } })
  }

  async remove(userId: string): Promise<void> {
    await this.models.users.deleteOne({ _id: userId })
  }

  async markErased(userId: string, issuedFrom: number): Promise<void> {
    const changed = { $max: { issuedFrom }, $setOnInsert: { createdAt: new Date() } }
    await this.models.erased.updateOne({ _id: erasedId(userId) }, changed, { upsert: true })
  }

  /** The erased ones of these users, and the second from which their tokens are good again. */
  async erasedAmong(userIds: string[]): Promise<Map<string, number>> {
    if (userIds.length === 0) return new Map()
    const byId = new Map(userIds.map((userId) => [erasedId(userId), userId]))
    const found = await this.models.erased.find({ _id: { $in: [...byId.keys()] } }).lean()
    return new Map(found.map(({ _id, issuedFrom }) => [byId.get(_id) as string, issuedFrom]))
  }

  async block(userId: string, blockedId: string): Promise<void> {
    const block = { _id: blockId(userId, blockedId), userId, blockedId, createdAt: new Date() }
    await insertMissing(this.models.blocks, [block])
  }

  async unblock(userId: string, blockedId: string): Promise<void> {
    await this.models.blocks.deleteOne({ _id: blockId(userId, blockedId) })
  }

  async blockedBy(userId: string): Promise<string[]> {
    const found = await this.models.blocks.find({ userId }, { blockedId: 1 }).lean()
    return found.map(({ blockedId }) => blockedId)
  }

  allBlockersOf = async (blockedId: string): Promise<string[]> =>
    userIdsOf(await this.models.blocks.find({ blockedId }, { userId: 1 }).lean())

  /** Those of `userIds` who have blocked this user. */
  blockersOf = async (blockedId: string, userIds: string[]): Promise<Set<string>> =>
    new Set(userIdsOf(await this.blocksAmong(userIds.map((userId) => ({ userId, blockedId })))))

  async blocksAmong(pairs: Block[]): Promise<Block[]> {
    if (pairs.length === 0) return []
    const ids = pairs.map(({ userId, blockedId }) => blockId(userId, blockedId))
    return this.models.blocks.find({ _id: { $in: ids } }, { _id: 0, userId: 1, blockedId: 1 }).lean()
  }

  /** What is stored about a user beside their directory entry and memberships, by kind as exports name it. */
  async otherData(userId: string) {
    const { blocks, bans, mutes, mentions } = this.models
    return {
      block: await blocks.find({ userId }).lean(),
      ban: await bans.find({ userId }).lean(),
      mute: await mutes.find({ userId }).lean(),
      mention: await mentions.find({ userId }).lean(),
    }
  }

  async removeOtherData(userId: string): Promise<void> {
    const { blocks, bans, mutes, mentions } = this.models
    for (const { collection } of [blocks, bans, mutes, mentions]) await collection.deleteMany({ userId })
  }
}
