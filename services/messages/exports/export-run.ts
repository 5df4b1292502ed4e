import type { Bucket, Bus } from '@chat/service'
import type { ChangeStore } from '../changes/change-store.ts'
import type { MessageStore } from '../send/message-store.ts'
import { ExportPieces, type Piece, type Range } from './export-pieces.ts'
import { type ExportDoc, type ExportPart, type ExportStore, inADay } from './export-store.ts'
import { formats } from './formats.ts'
import { seqsOf } from './period.ts'

/** S3 takes parts from 5 MiB on, but for the last; what goes while it is written may make one smaller. */
const MIN_PART_BYTES = 5 * 1024 * 1024
const PART_BYTES = 6 * 1024 * 1024
/** In a room where messages go all the time, the last ones to go are not waited for. */
const MAX_CORRECTIONS = 5

export type RunParts = {
  store: MessageStore
  changes: ChangeStore
  exports: ExportStore
  bucket: Bucket
  bus: Bus
  /** Stops it where it is. */
  signal: AbortSignal
}
/** The last seq that was looked at. */
export type Progress = { seenSeq: number }

/** The claim is somebody else's now, or the export is gone. */
export class Lost extends Error {
  override name = 'Lost'
}

/**
 * One export's way from the store into its object. What is uploaded is noted part by part, so whoever goes on after a
 * crash goes on there; S3 makes the object of the parts at the very end, and all at once.
 */
export class ExportRun {
  private readonly parts: RunParts
  private readonly pieces: ExportPieces
  private readonly progress: Progress
  private doc: ExportDoc

  private constructor(parts: RunParts, doc: ExportDoc, progress: Progress) {
    this.parts = parts
    this.doc = doc
    this.progress = progress
    this.pieces = new ExportPieces(parts, doc)
  }

  /** Begins it, or takes it up where it was left. @throws Lost */
  static async takeUp(parts: RunParts, doc: ExportDoc, progress: Progress): Promise<ExportRun> {
    if (doc.uploadId !== null) return new ExportRun(parts, doc, progress)
    const { exports, store, changes, bucket } = parts
    // Before anything is read: what goes from now on is found by it.
    const lastChange = await changes.last(doc.roomId)
    const { first, last } = await seqsOf(store, doc)
    const uploadId = await bucket.begin(doc.path, formats[doc.format].mediaType)
    const begun = await exports.update(doc, {
      ...{ state: 'running', uploadId, lastChange, parts: [] },
      ...{ firstSeq: first, lastSeq: last, seenSeq: first - 1 },
    })
    if (begun) return new ExportRun(parts, begun, progress)
    await bucket.abort(doc.path, uploadId)
    throw new Lost()
  }

  /** @returns the export when its object is there @throws Lost, and what kept it from going on */
  async finish(): Promise<ExportDoc> {
    await this.write()
    for (let times = 0; times < MAX_CORRECTIONS; times++) if (!(await this.correct())) break
    const { path, uploadId, parts } = this.doc
    await this.parts.bucket.complete(path, uploadId as string, parts)
    await this.note({ state: 'ready', tries: 0, expiresAt: inADay() })
    return this.doc
  }

  private async write() {
    // An export of nothing is a file too.
    for (let from = this.nextSeq(); from <= this.doc.lastSeq || this.doc.parts.length === 0; ) {
      const range = { from, to: this.doc.lastSeq }
      const piece = await this.pieces.write(range, PART_BYTES, (seq) => this.see(seq))
      await this.upload(piece, (this.doc.parts.at(-1)?.number ?? 0) + 1)
      from = this.nextSeq()
    }
  }

  private nextSeq() {
    return (this.doc.parts.at(-1)?.to ?? this.doc.firstSeq - 1) + 1
  }

  private see(seq: number) {
    this.progress.seenSeq = seq
    this.parts.signal.throwIfAborted()
  }

  /** Writes those parts again from which messages have gone meanwhile. @returns whether there were any */
  private async correct(): Promise<boolean> {
    const { changes } = this.parts
    const lastChange = await changes.last(this.doc.roomId)
    if (lastChange === this.doc.lastChange) return false
    const gone = await changes.goneBetween(this.doc.roomId, this.doc.lastChange + 1, lastChange)
    const spoilt = this.doc.parts.filter(({ from, to }) => gone.some((seq) => seq >= from && seq <= to))
    for (const { number } of spoilt) await this.rewrite(number)
    await this.note({ lastChange })
    return spoilt.length > 0
  }

  /** A part that has become too small for S3 takes in the next one. */
  private async rewrite(number: number) {
    const at = this.doc.parts.findIndex((part) => part.number === number)
    const [part, next] = this.doc.parts.slice(at, at + 2)
    if (!part) return
    const piece = await this.whole(part)
    if (!next || piece.data.length >= MIN_PART_BYTES) return this.upload(piece, number)
    await this.upload(await this.whole({ from: part.from, to: next.to }), number)
  }

  private whole(range: Range) {
    return this.pieces.write(range, Number.POSITIVE_INFINITY, () => this.parts.signal.throwIfAborted())
  }

  /** It takes the place of those parts whose messages are in it. */
  private async upload(piece: Piece, number: number) {
    const { path, uploadId, parts } = this.doc
    const others = parts.filter((other) => other.number !== number && !isWithin(other, piece))
    const before = others.findLast((other) => other.number < number)
    if (piece.data.length === 0 && before) return this.note({ parts: upTo(others, before, piece.to) })
    const part = await this.parts.bucket.putPart(path, uploadId as string, number, piece.data)
    const placed: ExportPart[] = [...others, { ...part, from: piece.from, to: piece.to }]
    await this.note({ parts: placed.sort((one, other) => one.number - other.number) })
  }

  private async note(change: Partial<ExportDoc>) {
    const noted = await this.parts.exports.update(this.doc, change)
    if (!noted) throw new Lost()
    this.doc = noted
  }
}

/** Of a piece that says nothing only the seqs are noted, with the part before it. */
const upTo = (parts: ExportPart[], last: ExportPart, to: number) =>
  parts.map((part) => (part === last ? { ...part, to } : part))

const isWithin = (inner: Range, outer: Range) =>
  inner.from >= outer.from && inner.to <= outer.to && inner.from <= inner.to
