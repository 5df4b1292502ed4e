import type { Caller } from '@chat/contract'
import { isGone } from '@chat/contract'
import { type Bus, DutyCycle } from '@chat/service'
import { type MessageDoc, type MessageStore, statusOf } from '../send/message-store.ts'
import type { ExportDoc } from './export-store.ts'
import { formats, type Row } from './formats.ts'
import { isInPeriod } from './period.ts'

/** As many messages at a time as make about so much of the file, however long they are. */
const BATCH_BYTES = 1024 * 1024
const MAX_BATCH = 500
const FIRST_BATCH = 8
/** It takes half of the time, and leaves the rest to messages. */
const REST = 1
const MAX_NAMES = 10_000

/** What a piece of the file says, and the seqs that were looked at for it, both inclusive. */
export type Piece = { data: Buffer; from: number; to: number }
export type Range = { from: number; to: number }

/** Writes the file of an export a piece at a time; no more than a piece and a batch are in memory. */
export class ExportPieces {
  private readonly store: Pick<MessageStore, 'plainBetween'>
  private readonly bus: Bus
  private readonly pacing = new DutyCycle(REST)
  private readonly doc: ExportDoc
  private readonly names = new Map<string, string>()
  private batch = FIRST_BATCH

  constructor(parts: { store: Pick<MessageStore, 'plainBetween'>; bus: Bus }, doc: ExportDoc) {
    this.store = parts.store
    this.bus = parts.bus
    this.doc = doc
  }

  /**
   * The piece of a range, or the beginning of it that has `enough` bytes.
   * @param see hears how far it has come
   */
  async write({ from, to }: Range, enough: number, see: (seq: number) => void = () => {}): Promise<Piece> {
    const { opening, closing } = formats[this.doc.format]
    const chunks: Buffer[] = []
    let [size, next] = [0, from]
    const add = (text: string) => {
      const chunk = Buffer.from(text)
      size += chunk.length
      chunks.push(chunk)
    }
    let isFirst = from === this.doc.firstSeq
    if (isFirst) add(opening)
    while (next <= to && size < enough) {
      const last = Math.min(to, next + this.batch - 1)
      const before = size
      const rows = await this.pacing.run(() => this.rows(next, last))
      if (rows.length > 0) add(this.join(rows, isFirst))
      isFirst &&= rows.length === 0
      this.measure(size - before)
      see(last)
      next = last + 1
    }
    if (next > this.doc.lastSeq) add(closing)
    return { data: Buffer.concat(chunks), from, to: next - 1 }
  }

  private measure(bytes: number) {
    const fitting = Math.round((this.batch * BATCH_BYTES) / Math.max(1, bytes))
    this.batch = Math.max(1, Math.min(MAX_BATCH, fitting))
  }

  private join(rows: string[], isFirst: boolean) {
    const { between } = formats[this.doc.format]
    return (isFirst ? '' : between) + rows.join(between)
  }

  private async rows(from: number, to: number): Promise<string[]> {
    const docs = await this.store.plainBetween(this.doc.roomId, from, to)
    const shown = docs.filter(
      (doc) => !isGone({ status: statusOf(doc) }) && isInPeriod(this.doc, doc.createdAt),
    )
    const { row } = formats[this.doc.format]
    return (await this.named(shown)).map(row)
  }

  /** As people are called now; those whom the directory does not know, as they were when they wrote. */
  private async named(docs: MessageDoc[]): Promise<Row[]> {
    if (this.names.size > MAX_NAMES) this.names.clear()
    const unknown = [...new Set(docs.map(({ author }) => author.authorId))].filter(
      (id) => !this.names.has(id),
    )
    if (unknown.length > 0) {
      const caller: Caller = { userId: '', requestId: this.doc._id }
      const { users } = await this.bus.ask('describeUsers', caller, { userIds: unknown })
      for (const { _id, nickName } of users) this.names.set(_id, nickName)
    }
    return docs.map((doc) => ({
      doc,
      nickName: this.names.get(doc.author.authorId) ?? doc.author.nickName,
    }))
  }
}
