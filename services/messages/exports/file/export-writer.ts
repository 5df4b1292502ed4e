import type { Bucket, Lease } from '@chat/service'
import type { ExportParts } from '../../parts.ts'
import { type ExportDoc, type ExportPart, inADay } from '../export-store.ts'
import { formats } from './formats.ts'
import { PartBuilder, type PartData, type Range } from './part-builder.ts'
import { seqsOf } from './period.ts'

/** S3's minimum for all parts but the last. A part that is written again may be smaller, so there is a margin. */
const MIN_PART_BYTES = 5 * 1024 * 1024
const PART_BYTES = 6 * 1024 * 1024
/** In a busy room there would always be another deletion to wait for. */
const MAX_CORRECTIONS = 5

type WriterParts = ExportParts & { bucket: Bucket; lease: Lease<ExportDoc> }

/** Writes one export's file. Every uploaded part is noted, so that after a crash another instance continues there. */
export class ExportWriter {
  private readonly parts: WriterParts
  private readonly builder: PartBuilder
  private doc: ExportDoc

  private constructor(parts: WriterParts, doc: ExportDoc) {
    this.parts = parts
    this.doc = doc
    this.builder = new PartBuilder(parts, doc)
  }

  /** Begins an export, or resumes it. @throws LeaseLost */
  static async begin(parts: WriterParts, doc: ExportDoc): Promise<ExportWriter> {
    if (doc.uploadId !== null) return new ExportWriter(parts, doc)
    const { exportStore, store, changes, bucket } = parts
    // Before messages are read: later deletions are found by it.
    const lastChange = await changes.last(doc.roomId)
    const { first, last } = await seqsOf(store, doc)
    const uploadId = await bucket.begin(doc.path, formats[doc.format].mediaType)
    const seqs = { firstSeq: first, lastSeq: last, seenSeq: first - 1 }
    try {
      const begun = { state: 'running' as const, uploadId, lastChange, parts: [], ...seqs }
      return new ExportWriter(parts, await exportStore.jobs.update(doc, begun))
    } catch (error) {
      await bucket.abort(doc.path, uploadId)
      throw error
    }
  }

  /** @returns the export, ready @throws LeaseLost, the reason of the signal */
  async finish(): Promise<ExportDoc> {
    await this.write()
    for (let times = 0; times < MAX_CORRECTIONS; times++) if (!(await this.correct())) break
    const { path, uploadId, parts } = this.doc
    await this.parts.bucket.complete(path, uploadId as string, parts)
    await this.update({ state: 'ready', tries: 0, expiresAt: inADay() })
    return this.doc
  }

  private async write() {
    // An empty export has a part, too.
    for (let from = this.nextSeq(); from <= this.doc.lastSeq || this.doc.parts.length === 0; ) {
      const part = await this.builder.build({ from, to: this.doc.lastSeq }, PART_BYTES, (seenSeq) => {
        this.parts.lease.note({ seenSeq })
        this.parts.lease.signal.throwIfAborted()
      })
      await this.upload(part, (this.doc.parts.at(-1)?.number ?? 0) + 1)
      from = this.nextSeq()
    }
  }

  private nextSeq() {
    return (this.doc.parts.at(-1)?.to ?? this.doc.firstSeq - 1) + 1
  }

  /** Writes the parts again in which messages have been deleted or hidden since. @returns whether there were any */
  private async correct(): Promise<boolean> {
    const { changes } = this.parts
    const lastChange = await changes.last(this.doc.roomId)
    if (lastChange === this.doc.lastChange) return false
    const gone = await changes.goneBetween(this.doc.roomId, this.doc.lastChange + 1, lastChange)
    const outdated = this.doc.parts.filter(({ from, to }) => gone.some((seq) => seq >= from && seq <= to))
    for (const { number } of outdated) await this.rewrite(number)
    await this.update({ lastChange })
    return outdated.length > 0
  }

  /** A part that has become too small for S3 is merged with the next one. */
  private async rewrite(number: number) {
    const index = this.doc.parts.findIndex((part) => part.number === number)
    const [part, next] = this.doc.parts.slice(index, index + 2)
    if (!part) return
    const rewritten = await this.rebuild(part)
    const isTooSmall = next && rewritten.data.length < MIN_PART_BYTES
    await this.upload(isTooSmall ? await this.rebuild({ from: part.from, to: next.to }) : rewritten, number)
  }

  private rebuild(range: Range) {
    const { signal } = this.parts.lease
    return this.builder.build(range, Number.POSITIVE_INFINITY, () => signal.throwIfAborted())
  }

  private async upload(built: PartData, number: number) {
    const { path, uploadId, parts } = this.doc
    const { from, to, data } = built
    const others = parts.filter((other) => other.number !== number && !isWithin(other, built))
    const before = others.findLast((other) => other.number < number)
    // The seqs of an empty part are noted with the part before it.
    if (data.length === 0 && before)
      return this.update({ parts: others.map((part) => (part === before ? { ...part, to } : part)) })
    const part: ExportPart = {
      ...(await this.parts.bucket.putPart(path, uploadId as string, number, data)),
      from,
      to,
    }
    await this.update({ parts: [...others, part].sort((one, other) => one.number - other.number) })
  }

  private async update(change: Partial<ExportDoc>) {
    this.doc = await this.parts.exportStore.jobs.update(this.doc, change)
  }
}

const isWithin = (inner: Range, outer: Range) =>
  inner.from >= outer.from && inner.to <= outer.to && inner.from <= inner.to
