import { type Caller, Fault, type Input, type Message, type Output } from '@chat/contract'
import type { Bus } from '@chat/service'
import { bytesOf, PAGE_BYTES } from '@chat/service'
import { leading, MAX_COUNT } from '../read/page-size.ts'
import type { Presenter } from '../read/presenter.ts'
import type { AccessCache } from '../send/access-cache.ts'
import type { MessageDoc, MessageStore } from '../send/message-store.ts'
import { decodePosition, encodePosition } from './position.ts'
import { type Found, type Question, SearchScan } from './search-scan.ts'
import type { SearchStore } from './search-store.ts'
import { comparable, gramsOf, holds, isOfKind, markerOf } from './search-terms.ts'

type Page = Output<'searchMessages'>
/** What a page's cursor belongs to. */
type Asked = { question: unknown; limit: number | undefined; cursor: string | undefined }

const DEFAULT_LIMIT = 20
/** Each time somebody has lost a room while its messages were found. */
const MAX_TRIES = 3

type Parts = { search: SearchStore; store: MessageStore; access: AccessCache; presenter: Presenter; bus: Bus }

/** Messages by what they hold, newest first. The index says where to look; the messages themselves decide. */
export class MessageSearch {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** @throws INVALID_REQUEST for a keyword of less than two characters, ROOM_NO_EXISTS */
  async search(caller: Caller, { keyword, roomId, limit, cursor }: Input<'searchMessages'>): Promise<Page> {
    const text = comparable(keyword)
    const grams = gramsOf(text)
    if (grams.length === 0)
      throw new Fault('INVALID_REQUEST', { message: 'The keyword is shorter than two characters' })
    const asked = { question: [caller.userId, text, roomId ?? null], limit, cursor }
    const wanted = { grams, matches: ({ data }: MessageDoc) => holds(data, text) }
    if (roomId === undefined) return this.everywhere(caller, wanted, asked)
    return this.inRoom(caller, { ...wanted, roomIds: [roomId] }, asked)
  }

  /** @throws ROOM_NO_EXISTS */
  async gallery(caller: Caller, { roomId, kind, limit, cursor }: Input<'listGallery'>): Promise<Page> {
    const asked = { question: [caller.userId, markerOf(kind), roomId], limit, cursor }
    const matches = ({ data }: MessageDoc) => isOfKind(data, kind)
    return this.inRoom(caller, { grams: [markerOf(kind)], roomIds: [roomId], matches }, asked)
  }

  private async inRoom(caller: Caller, question: Question, asked: Asked): Promise<Page> {
    const walk = this.walk(question, asked)
    return this.parts.access.duringAll(caller, [...question.roomIds], async () =>
      this.page(caller, await walk(), asked),
    )
  }

  /** Membership is asked for twice: which rooms to look in, and, with a kick waiting, of those that are shown. */
  private async everywhere(caller: Caller, wanted: Omit<Question, 'roomIds'>, asked: Asked): Promise<Page> {
    const { access, bus } = this.parts
    for (let tries = 1; ; tries++) {
      const { roomIds } = await bus.ask('roomsOfUser', caller, caller.userId)
      const found = await this.walk({ ...wanted, roomIds }, asked)()
      const shown = [...new Set(found.docs.map((doc) => doc.roomId))]
      try {
        return await access.duringAll(caller, shown, () => this.page(caller, found, asked))
      } catch (error) {
        const isRemoved = error instanceof Fault && error.code === 'ROOM_NO_EXISTS'
        if (!isRemoved || tries === MAX_TRIES) throw error
      }
    }
  }

  /** @throws INVALID_REQUEST at once, for a cursor that is none */
  private walk(question: Question, { question: key, limit = DEFAULT_LIMIT, cursor }: Asked) {
    const { search, store } = this.parts
    const start = cursor === undefined ? null : decodePosition(cursor, key)
    const parts = { search, byIds: store.byIds }
    return () => new SearchScan(parts, question, Math.min(limit, MAX_COUNT)).from(start)
  }

  private async page(caller: Caller, { docs, next }: Found, { question }: Asked): Promise<Page> {
    const messages = await this.parts.presenter.asSeenBy(caller, docs, false)
    const list: Message[] = leading(messages, bytesOf, PAGE_BYTES)
    const end = list.length < docs.length ? (docs[list.length - 1] as MessageDoc) : next
    return { list, nextCursor: end && encodePosition(end, question) }
  }
}
