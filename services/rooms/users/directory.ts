import { type Author, defaultName, Fault, type User } from '@chat/contract'
import type { Bus } from '@chat/service'
import { presentUser } from '../room/presenter.ts'
import { erasedId, type UserDoc } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'
import { nameGrams } from './user-search.ts'

/** What is known of a user. An absent field leaves what was known before. */
export type Profile = {
  userId: string
  nickName?: string | undefined
  profileUrl?: string | undefined
  meta?: Record<string, unknown> | undefined
}

const defined = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const named = (nickName: string | undefined) =>
  nickName === undefined ? {} : { nickName, grams: nameGrams(nickName) }

/** Everybody who has connected, been named by a platform or been given a token. */
export class Directory {
  private readonly store: RoomStore
  private readonly bus: Bus
  constructor(store: RoomStore, bus: Bus) {
    this.store = store
    this.bus = bus
  }

  /** Creates or refreshes entries. Without a name, the nickName is the id. */
  async save(profiles: Profile[]): Promise<void> {
    if (profiles.length === 0) return
    const renamed = await this.renamed(profiles)
    const { upsertedIds } = await this.store.users.bulkWrite(
      profiles.map(({ userId, nickName, profileUrl, meta }) => ({
        updateOne: {
          filter: { _id: userId },
          update: {
            $set: { ...named(nickName), ...defined({ profileUrl, meta }) },
            $setOnInsert: {
              createdAt: new Date(),
              ...(nickName === undefined && named(defaultName(userId))),
              ...defined({
                profileUrl: profileUrl === undefined ? null : undefined,
                meta: meta === undefined ? null : undefined,
              }),
            },
          },
          upsert: true,
        },
      })),
      { ordered: false },
    )
    for (const userId of renamed) this.bus.publishUser(userId, 'renamed', { userId })
    await this.keepShut(Object.values(upsertedIds) as string[])
  }

  /** Those who are known by another name. */
  private async renamed(profiles: Profile[]): Promise<string[]> {
    const names = new Map(profiles.map(({ userId, nickName }) => [userId, nickName]))
    const known = await this.store.users.find({ _id: { $in: [...names.keys()] } }, { nickName: 1 }).lean()
    return known.flatMap(({ _id, nickName }) => ((names.get(_id) ?? nickName) === nickName ? [] : _id))
  }

  /** Who is made anew after an erasure is not let in by tokens from before it. */
  private async keepShut(userIds: string[]) {
    if (userIds.length === 0) return
    const byId = new Map(userIds.map((userId) => [erasedId(userId), userId]))
    const erased = await this.store.erased.find({ _id: { $in: [...byId.keys()] } }).lean()
    for (const { _id, issuedFrom } of erased)
      await this.store.users.updateOne({ _id: byId.get(_id) }, { $max: { issuedFrom } })
  }

  /**
   * As `save`, for one who connects again and again with the same profile: then it only reads.
   * @param issuedAt when their token was, in seconds since the epoch
   * @throws TOKEN_INVALID where that was before they were erased
   */
  async refresh(profile: Profile, issuedAt: number): Promise<UserDoc> {
    const known = await this.store.users.findById(profile.userId).lean()
    if (known && issuedAt < (known.issuedFrom ?? 0)) return known
    if (!known) await this.requireNotErased(profile.userId, issuedAt)
    const isCurrent =
      known &&
      (profile.nickName ?? known.nickName) === known.nickName &&
      (profile.profileUrl ?? known.profileUrl) === known.profileUrl
    if (isCurrent) return known
    await this.save([profile])
    return (await this.store.users.findById(profile.userId).lean()) as UserDoc
  }

  private async requireNotErased(userId: string, issuedAt: number) {
    const erased = await this.store.erased.findById(erasedId(userId)).lean()
    if (erased && issuedAt < erased.issuedFrom) throw new Fault('TOKEN_INVALID')
  }

  /** @throws USER_NO_EXISTS */
  async require(userId: string): Promise<UserDoc> {
    const user = await this.store.users.findById(userId).lean()
    if (!user) throw new Fault('USER_NO_EXISTS')
    return user
  }

  /** Those of `userIds` that exist, each once, in the order given. */
  async known(userIds: string[]): Promise<string[]> {
    const unique = [...new Set(userIds)]
    const found = await this.store.users.find({ _id: { $in: unique } }, { _id: 1 }).lean()
    const ids = new Set(found.map((user) => user._id))
    return unique.filter((id) => ids.has(id))
  }

  async author(userId: string): Promise<Author> {
    const { _id, ...profile } = presentUser(userId, (await this.profiles([userId])).get(userId))
    return { authorId: _id, ...profile }
  }

  /** Those of `userIds` that exist, as others see them. */
  async users(userIds: string[]): Promise<User[]> {
    return [...(await this.profiles(userIds)).values()].map((user) => presentUser(user._id, user))
  }

  async profiles(userIds: Iterable<string>): Promise<Map<string, UserDoc>> {
    const users = await this.store.users.find({ _id: { $in: [...new Set(userIds)] } }).lean()
    return new Map(users.map((user) => [user._id, user]))
  }
}
