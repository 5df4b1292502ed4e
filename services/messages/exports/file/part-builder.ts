import { isGone } from '@chat/contract'
import { DutyCycle } from '@chat/service'
import { LRUCache } from 'lru-cache'
import type { ExportParts } from '../../parts.ts'
import { type MessageDoc, statusOf } from '../../send/message-doc.ts'
import type { ExportDoc } from '../export-store.ts'
import { formats, type Row } from './formats.ts'
import { isInPeriod } from './period.ts'

/** The batch size adapts to the messages' lengths, so that a batch makes about so much of the file. */
const BATCH_BYTES = 1024 * 1024
const MAX_BATCH = 500
const FIRST_BATCH = 8
/** Reading takes half of the time and leaves the rest to messages. */
const REST = 1

/** Seqs, both inclusive. */
export type Range = { from: number; to: number }
export type PartData = Range & { data: Buffer }

/** Builds the file of an export part by part. At most one part and one batch are in memory. */
export class PartBuilder {
  private readonly parts: ExportParts
  private readonly doc: ExportDoc
  private readonly pacing = new DutyCycle(REST)
  private readonly nickNames = new LRUCache<string, string>({ max: 10_000 })
  private batch = FIRST_BATCH

  constructor(parts: ExportParts, doc: ExportDoc) {
    this.parts = parts
    this.doc = doc
  }

  /**
   * Builds a part of a range, or of its beginning once the part has `enough` bytes.
   * @param onProgress called with the last seq of each batch
   */
  async build({ from, to }: Range, enough: number, onProgress: (seq: number) => void): Promise<PartData> {
    const { opening, between, closing } = formats[this.doc.format]
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
      if (rows.length > 0) add((isFirst ? '' : between) + rows.join(between))
      isFirst &&= rows.length === 0
      this.adaptBatch(size - before)
      onProgress(last)
      next = last + 1
    }
    if (next > this.doc.lastSeq) add(closing)
    return { data: Buffer.concat(chunks), from, to: next - 1 }
  }

  private adaptBatch(bytes: number) {
    const fitting = Math.round((this.batch * BATCH_BYTES) / Math.max(1, bytes))
    this.batch = Math.max(1, Math.min(MAX_BATCH, fitting))
  }

  private async rows(from: number, to: number): Promise<string[]> {
    const { roomId, format } = this.doc
    const docs = await this.parts.store.plainBetween(roomId, from, to)
    const shown = docs.filter(
      (doc) => !isGone({ status: statusOf(doc) }) && isInPeriod(this.doc, doc.createdAt),
    )
    return (await this.withNickNames(shown)).map(formats[format].row)
  }

  /** With the authors' present names; with their names at the time where they are no longer known. */
  private async withNickNames(docs: MessageDoc[]): Promise<Row[]> {
    const authorIds = new Set(docs.map(({ author }) => author.authorId))
    const userIds = [...authorIds].filter((id) => !this.nickNames.has(id))
    if (userIds.length > 0) {
      const caller = { userId: '', requestId: this.doc._id }
      const { users } = await this.parts.bus.ask('describeUsers', caller, { userIds })
      for (const { _id, nickName } of users) this.nickNames.set(_id, nickName)
    }
    return docs.map((doc) => ({
      doc,
      nickName: this.nickNames.get(doc.author.authorId) ?? doc.author.nickName,
    }))
  }
}
