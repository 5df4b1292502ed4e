import { type Connection, isDuplicate, Periodic } from '@chat/service'
import mongoose from 'mongoose'

type LeaseDoc = { _id: string; by: string; until: Date }
const schema = new mongoose.Schema<LeaseDoc>(
  { _id: String, by: { type: String, required: true }, until: { type: Date, required: true } },
  { versionKey: false },
)

export const openLeases = (connection: Connection) => connection.model<LeaseDoc>('Lease', schema, 'leases')
type Leases = ReturnType<typeof openLeases>

type Work = { close: () => Promise<void> }
type Parts = {
  leases: Leases
  name: string
  heldMs: number
  /** Begins what only one of all does at a time; null where there is nothing to do yet. */
  open: () => Promise<Work | null>
  failed: (error: unknown) => void
}

/** Something that one of all instances does at a time. Where it stops or dies another one goes on. */
export class Lease {
  private readonly parts: Parts
  private readonly by = crypto.randomUUID()
  private readonly periodic: Periodic
  private work: Work | null = null
  private until = 0
  private looking: Promise<void> = Promise.resolve()

  constructor(parts: Parts) {
    this.parts = parts
    this.periodic = new Periodic(parts.heldMs / 3, () => this.look(), parts.failed)
  }

  async close() {
    await this.periodic.close()
    await this.looking.catch(() => {})
    await this.end()
    await this.parts.leases.deleteOne({ _id: this.parts.name, by: this.by }).catch(this.parts.failed)
  }

  /** Takes it where it is free, keeps it where it is ours. One look at a time. */
  look(): Promise<void> {
    this.looking = this.looking.catch(() => {}).then(() => this.lookOnce())
    return this.looking
  }

  private async lookOnce() {
    const isOurs = await this.take().catch((error) => {
      // As long as it is not over, nobody else has it.
      this.parts.failed(error)
      return Date.now() < this.until
    })
    if (!isOurs) return this.end()
    this.work ??= await this.parts.open()
  }

  private async take(): Promise<boolean> {
    const { leases, name, heldMs } = this.parts
    const now = Date.now()
    const until = new Date(now + heldMs)
    const isFree = { _id: name, $or: [{ by: this.by }, { until: { $lt: new Date(now) } }] }
    try {
      await leases.updateOne(isFree, { $set: { by: this.by, until } }, { upsert: true })
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
    this.until = until.getTime()
    return true
  }

  private async end() {
    const { work } = this
    this.work = null
    await work?.close()
  }
}
