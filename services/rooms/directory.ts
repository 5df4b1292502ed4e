import type { Store, UserDoc } from './store.ts'

/** What is known of a user. An absent field leaves what was known before. */
export type Profile = {
  userId: string
  nickName?: string | undefined
  profileUrl?: string | undefined
  meta?: Record<string, unknown> | undefined
}

const defined = (fields: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** Everybody who has connected, been named by a platform or been given a token. */
export class Directory {
  private readonly store: Store
  constructor(store: Store) {
    this.store = store
  }

  /** Creates or refreshes entries. Without a name, the nickName is the id. */
  async save(profiles: Profile[]): Promise<void> {
    if (profiles.length === 0) return
    await this.store.users.bulkWrite(
      profiles.map(({ userId, nickName, profileUrl, meta }) => ({
        updateOne: {
          filter: { _id: userId },
          update: {
            $set: defined({ nickName, profileUrl, meta }),
            $setOnInsert: {
              createdAt: new Date(),
              ...defined({
                nickName: nickName === undefined ? userId.slice(0, 100) : undefined,
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
  }

  /** As `save`, for one who connects again and again with the same profile: then it only reads. */
  async refresh(profile: Profile): Promise<UserDoc> {
    const known = await this.store.users.findById(profile.userId).lean()
    const isCurrent =
      known &&
      (profile.nickName ?? known.nickName) === known.nickName &&
      (profile.profileUrl ?? known.profileUrl) === known.profileUrl
    if (isCurrent) return known
    await this.save([profile])
    return (await this.store.users.findById(profile.userId).lean()) as UserDoc
  }

  /** Those of `userIds` that exist, each once, in the order given. */
  async known(userIds: string[]): Promise<string[]> {
    const unique = [...new Set(userIds)]
    const found = await this.store.users.find({ _id: { $in: unique } }, { _id: 1 }).lean()
    const ids = new Set(found.map((user) => user._id))
    return unique.filter((id) => ids.has(id))
  }

  async profiles(userIds: Iterable<string>): Promise<Map<string, UserDoc>> {
    const users = await this.store.users.find({ _id: { $in: [...new Set(userIds)] } }).lean()
    return new Map(users.map((user) => [user._id, user]))
  }
}
