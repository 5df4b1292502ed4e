import { defaultName, normalised } from '@chat/contract'
import { pairsOf } from '@chat/service'
import { erasedId, type Profile, type UserDoc } from './documents.ts'
import type { Models } from './models.ts'

/** A nickName is indexed by each of its characters and each two adjacent ones. */
const gramsOf = (text: string) => [...new Set([...text, ...pairsOf(text)])]

const named = (nickName: string) => ({ nickName, grams: gramsOf(normalised(nickName)) })

const defined = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** The directory of users, and the digests of erased ones. */
export class UserStore {
  private readonly users: Models['users']
  private readonly erased: Models['erased']
  constructor({ users, erased }: Models) {
    this.users = users
    this.erased = erased
  }

  async get(userId: string): Promise<UserDoc | null> {
    return this.users.findById(userId).lean()
  }

  async getMany(userIds: Iterable<string>): Promise<Map<string, UserDoc>> {
    const found = await this.users.find({ _id: { $in: [...new Set(userIds)] } }).lean()
    return new Map(found.map((user) => [user._id, user]))
  }

  async existing(userIds: string[]): Promise<Set<string>> {
    return new Set((await this.nickNames(userIds)).keys())
  }

  /** The nickNames of those that exist. */
  async nickNames(userIds: string[], pattern?: RegExp): Promise<Map<string, string>> {
    const these = { _id: { $in: [...new Set(userIds)] }, ...(pattern && { nickName: pattern }) }
    const found = await this.users.find(these, { nickName: 1 }).lean()
    return new Map(found.map(({ _id, nickName }) => [_id, nickName]))
  }

  /** Users whose nickName may contain the normalised, non-empty `text`, in the order of their ids. */
  async search(text: string, after: string, limit: number): Promise<UserDoc[]> {
    const pairs = pairsOf(text)
    const grams = pairs.length > 0 ? pairs : [...text]
    const matching = { grams: { $all: grams }, _id: { $gt: after } }
    return this.users.find(matching).sort({ _id: 1 }).limit(limit).lean()
  }

  /** Without a nickName, a new user's is made from the id. @returns the ids of the new users */
  async save(profiles: Profile[]): Promise<string[]> {
    const { upsertedIds } = await this.users.bulkWrite(
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
    await this.users.updateOne({ _id: userId }, { $max: { issuedFrom } })
  }

  async remove(userId: string): Promise<void> {
    await this.users.deleteOne({ _id: userId })
  }

  async markErased(userId: string, issuedFrom: number): Promise<void> {
    const changed = { $max: { issuedFrom }, $setOnInsert: { createdAt: new Date() } }
    await this.erased.updateOne({ _id: erasedId(userId) }, changed, { upsert: true })
  }

  /** The erased ones of these users, and the second from which their tokens are good again. */
  async erasedAmong(userIds: string[]): Promise<Map<string, number>> {
    if (userIds.length === 0) return new Map()
    const byId = new Map(userIds.map((userId) => [erasedId(userId), userId]))
    const found = await this.erased.find({ _id: { $in: [...byId.keys()] } }).lean()
    return new Map(found.map(({ _id, issuedFrom }) => [byId.get(_id) as string, issuedFrom]))
  }
}
