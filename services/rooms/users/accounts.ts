import { setTimeout as delay } from 'node:timers/promises'
import type { Input, Output } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { isHere } from '../presence/presence.ts'
import { erasedId, type UserDoc } from '../store/documents.ts'
import type { Directory } from './directory.ts'

type Entry = Output<'getUser'>

/** Users as their platform keeps them: what the directory says, and which of their tokens are good. */
export class Accounts {
  private readonly parts: Parts
  private readonly directory: Directory
  constructor(parts: Parts) {
    this.parts = parts
    this.directory = parts.directory
  }

  async create({ _id: userId, ...profile }: Input<'createUser'>): Promise<Entry> {
    await this.directory.save([{ userId, ...profile }])
    return this.get(userId)
  }

  /** @throws USER_NO_EXISTS */
  async get(userId: string): Promise<Entry> {
    return presentEntry(await this.directory.require(userId))
  }

  /** As operators look at them. @throws USER_NO_EXISTS */
  async inspect(userId: string): Promise<Output<'inspectUser'>> {
    const { bus, store } = this.parts
    const [user, online, roomCount] = await Promise.all([
      this.directory.require(userId),
      isHere(bus, userId),
      store.members.countDocuments({ userId }),
    ])
    return {
      ...{ user: presentEntry(user), online, roomCount },
      lastSeenAt: user.seenAt?.toISOString() ?? null,
      issuedFrom: user.issuedFrom ? momentOf(user.issuedFrom) : null,
    }
  }

  /** Shown at once in all rooms that they are in. @throws USER_NO_EXISTS */
  async update({ userId, ...profile }: Input<'updateUser'>): Promise<Entry> {
    await this.directory.require(userId)
    await this.directory.save([{ userId, ...profile }])
    for (const { roomId } of await this.parts.members.ofUser(userId))
      this.parts.roomBroadcast.announce(roomId)
    return this.get(userId)
  }

  /**
   * A token says the second in which it was issued and no more, so that a revocation counts from the end of this one;
   * it answers then, and what is issued after the answer is good.
   * @throws USER_NO_EXISTS
   */
  async revoke(userId: string): Promise<Output<'revokeTokens'>> {
    await this.directory.require(userId)
    const issuedFrom = endOfSecond()
    await this.parts.store.users.updateOne({ _id: userId }, { $max: { issuedFrom } })
    await this.tell(userId, issuedFrom)
    return { result: true, issuedFrom: momentOf(issuedFrom) }
  }

  /** Refuses tokens of now and before also when nothing else is known of the user any more. */
  async shut(userId: string): Promise<void> {
    const { users, erased } = this.parts.store
    const issuedFrom = endOfSecond()
    const shut = { $max: { issuedFrom }, $setOnInsert: { createdAt: new Date() } }
    await erased.updateOne({ _id: erasedId(userId) }, shut, { upsert: true })
    await users.updateOne({ _id: userId }, { $max: { issuedFrom } })
    await this.tell(userId, issuedFrom)
  }

  private async tell(userId: string, issuedFrom: number) {
    this.parts.bus.publishUser(userId, 'revoked', { issuedFrom })
    await delay(Math.max(0, issuedFrom * 1000 - Date.now()))
  }
}

/** Of the second that a token says. */
const momentOf = (issuedFrom: number) => new Date(issuedFrom * 1000).toISOString()

const endOfSecond = () => Math.floor(Date.now() / 1000) + 1

const presentEntry = ({ _id, nickName, profileUrl, meta, createdAt }: UserDoc): Entry => ({
  _id,
  nickName,
  profileUrl: profileUrl ?? null,
  meta: meta ?? null,
  createdAt: createdAt.toISOString(),
})
