import type { Caller, Input, Message, Output } from '@chat/contract'
import {
  type Bus,
  bytesOf,
  cursorAfter,
  decodeCursor,
  decodeKey,
  encodeCursor,
  PAGE_BYTES,
} from '@chat/service'
import type { MessageChanges } from '../changes/message-changes.ts'
import type { ReportStore } from '../reports/report-store.ts'
import type { MessageStore } from '../send/message-store.ts'
import { leading, MAX_COUNT } from './page-size.ts'
import type { Presenter } from './presenter.ts'
import { findMessage } from './visible-message.ts'

const DEFAULT_LIMIT = 20

type Place = { roomId: string; messageId: string }
type Parts = {
  store: MessageStore
  reports: ReportStore
  messageChanges: MessageChanges
  presenter: Presenter
  bus: Bus
}

/** Messages as the platform that owns the rooms sees and keeps them. */
export class PlatformMessages {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Newest first; the cursor is the seq of the last one. */
  async page(caller: Caller, input: Input<'listRoomMessages'>): Promise<Output<'listRoomMessages'>> {
    const { roomId, limit = DEFAULT_LIMIT, cursor } = input
    const { store, presenter } = this.parts
    const before = cursor === undefined ? null : decodeCursor(cursor, isSeq)
    await this.requireRoom(caller, roomId)
    const to = before === null ? await store.lastSeq(roomId) : before - 1
    const docs = to < 1 ? [] : await store.between(roomId, to - Math.min(limit, MAX_COUNT) + 1, to)
    const messages = await presenter.inFull(caller, docs.toReversed())
    const list = leading(messages, bytesOf, PAGE_BYTES)
    const { seq = 1 } = list.at(-1) ?? {}
    return { list, nextCursor: seq > 1 ? encodeCursor(seq) : null }
  }

  async get(caller: Caller, place: Place): Promise<Message> {
    const { store, presenter } = this.parts
    await this.requireRoom(caller, place.roomId)
    const [message] = await presenter.inFull(caller, [await findMessage(store, place)])
    return message as Message
  }

  async update(caller: Caller, input: Input<'updateMessage'>): Promise<Message> {
    await this.requireRoom(caller, input.roomId)
    return this.parts.messageChanges.set(caller, input)
  }

  async remove(caller: Caller, place: Place): Promise<void> {
    await this.requireRoom(caller, place.roomId)
    await this.parts.messageChanges.deleteFreely(caller, place)
  }

  async reports({
    roomId,
    limit = DEFAULT_LIMIT,
    cursor,
  }: Input<'listReports'>): Promise<Output<'listReports'>> {
    const before = cursor === undefined ? undefined : decodeKey(cursor)
    const most = Math.min(limit, MAX_COUNT)
    const found = await this.parts.reports.page(roomId, before, most + 1)
    const shown = leading(found.slice(0, most), bytesOf, PAGE_BYTES)
    return {
      list: shown.map(({ _id, order, createdAt, ...report }) => ({
        ...report,
        createdAt: createdAt.toISOString(),
      })),
      nextCursor: cursorAfter(shown, found, ({ order }) => order),
    }
  }

  /** @throws ROOM_NO_EXISTS */
  private async requireRoom(caller: Caller, roomId: string) {
    await this.parts.bus.ask('roomFacts', caller, roomId)
  }
}

const isSeq = (place: unknown): place is number => Number.isSafeInteger(place)
