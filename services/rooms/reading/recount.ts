import { type Caller, Fault, type Output } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { UnreadMentions } from '../mentions/unread-mentions.ts'
import type { Mark } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'
import type { UncountedMessages } from './uncounted-messages.ts'

const ROOMS_PER_PAGE = 500
/** What was marked by another process this long before a recount began may have been unseen by it. */
const CLOCK_SKEW_MS = 60_000

/** How far the messages were looked through, and what they say. */
type Known = { afterSeq: number; lastGone: number; lastMention: number }
type Survey = Pick<Output<'surveyMessages'>, 'marks' | 'mentions'> & { lastSeq: number }

/** Rebuilds what rooms keeps of messages from the messages themselves. */
export class Recount {
  private readonly store: RoomStore
  private readonly bus: Bus
  private readonly gone: UncountedMessages
  private readonly mentions: UnreadMentions
  constructor(parts: { store: RoomStore; bus: Bus; gone: UncountedMessages; mentions: UnreadMentions }) {
    this.store = parts.store
    this.bus = parts.bus
    this.gone = parts.gone
    this.mentions = parts.mentions
  }

  /**
   * Last message, set of gone messages and mentions of one room; and the stream gets what it lacks of it, from which
   * cursors, search and files follow. @throws ROOM_NO_EXISTS
   */
  async recount(caller: Caller, roomId: string): Promise<Output<'recountRoom'>> {
    const began = new Date(Date.now() - CLOCK_SKEW_MS).toISOString()
    await this.bus.ask('lastMessageOf', caller, roomId)
    const { marks, mentions, lastSeq } = await this.survey(caller, roomId)
    const isOtherSet = await this.gone.replace(roomId, marks, began)
    const gone = marks.filter((mark) => mark.isGone).map((mark) => mark.seq)
    const turned = await this.mentions.replace(roomId, mentions, began)
    for (const { userId, ...state } of turned)
      this.bus.publishUser(userId, 'mention', { ...state, message: null })
    const isOtherLast = await this.resetLast(caller, roomId, {
      afterSeq: lastSeq,
      lastGone: gone.at(-1) ?? 0,
      lastMention: mentions.at(-1)?.seq ?? 0,
    })
    const isChanged = isOtherSet || isOtherLast || turned.length > 0
    if (isChanged) this.bus.publishRoom(roomId, 'gone', {})
    return { lastSeq, gone: gone.length, isChanged }
  }

  /** Written only where nothing has moved since it was looked at. @returns whether it was wrong */
  private async resetLast(caller: Caller, roomId: string, known: Known): Promise<boolean> {
    const { afterSeq, lastGone, lastMention } = known
    const room = await this.store.rooms.findById(roomId).lean()
    if (!room) throw new Fault('ROOM_NO_EXISTS')
    const { lastMessage } = await this.bus.ask('surveyMessages', caller, { roomId, afterSeq })
    const lastSeq = lastMessage?.seq ?? 0
    const isRight =
      room.lastSeq === lastSeq &&
      room.lastMessage?.updatedAt === lastMessage?.updatedAt &&
      (room.lastGone ?? 0) >= lastGone &&
      (room.lastMention ?? 0) >= lastMention
    if (isRight) return false
    const { matchedCount } = await this.store.rooms.updateOne(
      { _id: roomId, lastSeq: room.lastSeq, 'lastMessage.updatedAt': room.lastMessage?.updatedAt ?? null },
      { $set: { lastSeq, lastMessage }, $max: { lastGone, lastMention } },
    )
    return matchedCount > 0 || this.resetLast(caller, roomId, known)
  }

  async roomIds(after?: string): Promise<Output<'listRoomIds'>> {
    const rooms = await this.store.rooms
      .find(after === undefined ? {} : { _id: { $gt: after } }, { _id: 1 })
      .sort({ _id: 1 })
      .limit(ROOMS_PER_PAGE)
      .lean()
    return { roomIds: rooms.map((room) => room._id), total: await this.store.rooms.estimatedDocumentCount() }
  }

  private async survey(caller: Caller, roomId: string): Promise<Survey> {
    const marks: Mark[] = []
    const mentions: Survey['mentions'] = []
    for (let afterSeq = 0; ; ) {
      const page = await this.bus.ask('surveyMessages', caller, { roomId, afterSeq })
      marks.push(...page.marks)
      mentions.push(...page.mentions)
      if (page.nextSeq === null) return { lastSeq: page.lastMessage?.seq ?? 0, marks, mentions }
      afterSeq = page.nextSeq
    }
  }
}
