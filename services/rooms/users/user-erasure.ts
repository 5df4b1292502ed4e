import {
  type Announcement,
  announcementWithout,
  type Caller,
  type Erased,
  Fault,
  factWithout,
  type Input,
  type Message,
  messageWithout,
  type Output,
  textWithout,
} from '@chat/contract'
import { decodeKey, encodeKey, erasedMentions, scrubKind } from '@chat/service'
import type { Removals } from '../members/removals.ts'
import type { Parts } from '../parts.ts'
import type { RoomDoc } from '../store/documents.ts'
import type { Accounts } from './accounts.ts'

const PAGE = 500
/** What one request may cost; the next one goes on where it stopped. */
const BUDGET_MS = 20_000
const FACTS = 'facts:'

/** What a room shows of messages. */
type Shown = Pick<RoomDoc, '_id' | 'lastMessage' | 'announcement'>
type Quoted = Announcement | NonNullable<Message['replyTo']>

/** The end of a person here. Each step may be done again, and changes nothing then. */
export class UserErasure {
  private readonly parts: Parts
  private readonly accounts: Accounts
  private readonly removals: Removals
  constructor(parts: Parts, accounts: Accounts, removals: Removals) {
    this.parts = parts
    this.accounts = accounts
    this.removals = removals
  }

  /** From then on they neither come in nor say anything. */
  async expel(userId: string): Promise<void> {
    await this.accounts.shut(userId)
    for (const { _id, roomId } of await this.parts.members.ofUser(userId)) {
      await this.removals.expel({ roomId, userId }).catch((error) => {
        if (!(error instanceof Fault)) throw error
      })
      // Of a room that never came to be, or is being deleted.
      await this.parts.store.members.deleteOne({ _id })
    }
  }

  /** A page of rooms at a time; with the last one they are gone from the directory too. */
  async erase(
    caller: Caller,
    { cursor, ...erased }: Input<'eraseUserInRooms'>,
  ): Promise<Output<'eraseUserInRooms'>> {
    const { store } = this.parts
    const { userId } = erased
    if (cursor === undefined) await this.forget(userId)
    const key = cursor === undefined ? `${FACTS}1` : decodeKey(cursor)
    const unscrubbed = key.startsWith(FACTS)
      ? await this.scrub(caller, erased, Number(key.slice(FACTS.length)))
      : null
    if (unscrubbed !== null) return { nextCursor: encodeKey(`${FACTS}${unscrubbed}`) }
    const after = key.startsWith(FACTS) ? '' : key
    const rooms = await store.rooms
      .find({ _id: { $gt: after } }, { lastMessage: 1, announcement: 1 })
      .sort({ _id: 1 })
      .limit(PAGE)
      .lean()
    for (const room of rooms) await this.clean(caller, room, erased)
    const last = rooms.at(-1)
    if (last && rooms.length === PAGE) return { nextCursor: encodeKey(last._id) }
    // What consumers had in hand when this began.
    await store.mentions.deleteMany({ userId })
    await store.users.deleteOne({ _id: userId })
    return { nextCursor: null }
  }

  /** What the stream still tells of them. @returns where to go on; null at the end */
  private async scrub(caller: Caller, erased: Erased, from: number): Promise<number | null> {
    const { bus, facts } = this.parts
    // What is published later knows nothing of them: they are in no room any more.
    if (from === 1) await facts.publishAll()
    return scrubKind({
      ...{ bus, kind: 'fact', from, until: performance.now() + BUDGET_MS },
      isStained: async ({ fact }) => {
        const announcement = 'room' in fact.data ? fact.data.room.announcement : null
        return factWithout(fact, await this.quotedIn(caller, fact.roomId, [announcement], erased)) !== fact
      },
    })
  }

  private async forget(userId: string) {
    const { bans, blocks, mentions, mutes } = this.parts.store
    for (const each of [bans, blocks, mentions, mutes]) await each.deleteMany({ userId } as never)
    const blockers = await blocks.find({ blockedId: userId }, { userId: 1 }).lean()
    for (const blocker of blockers) await this.parts.blocks.unblock(blocker.userId, userId)
  }

  private async clean(caller: Caller, room: Shown, who: Erased) {
    const { store, bus, roomBroadcast } = this.parts
    const { _id, lastMessage, announcement } = room
    const erased = await this.quotedIn(caller, _id, [lastMessage?.replyTo ?? null, announcement], who)
    const last = lastMessage && messageWithout(lastMessage, erased)
    const announced = announcement && announcementWithout(announcement, erased)
    if (announced === announcement && last === lastMessage) return
    if (announcement && announced !== announcement)
      await store.rooms.updateOne(
        { _id, 'announcement.createdAt': announcement.createdAt },
        { $set: { announcement: announced } },
      )
    if (last !== lastMessage)
      await store.rooms.updateOne({ _id, 'lastMessage._id': last?._id }, { $set: { lastMessage: last } })
    bus.publishRoom(_id, 'gone', {})
    roomBroadcast.announce(_id)
  }

  /** Which messages mention them it is asked for only where something that was taken from one says the name. */
  private async quotedIn(
    caller: Caller,
    roomId: string,
    quoted: (Quoted | null)[],
    erased: Erased,
  ): Promise<Erased> {
    const { userId, nickName = '' } = erased
    const says = (each: Quoted | null) =>
      each !== null && each.messageId !== null && textWithout(each.text, nickName) !== each.text
    if (!quoted.some(says)) return erased
    const mentionedIn = new Set<string>()
    for await (const messageIds of erasedMentions(this.parts.bus, caller, { userId, roomId }))
      for (const messageId of messageIds) mentionedIn.add(messageId)
    return { ...erased, mentionedIn }
  }
}
