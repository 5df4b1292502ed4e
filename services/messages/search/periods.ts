import { type Connection, insertMissing } from '@chat/service'
import mongoose, { type Model } from 'mongoose'
import { olderThan, type Position } from './position.ts'

/** Four weeks: few enough periods in years for a rare keyword, short enough for a frequent one. */
const PERIOD_MS = 28 * 24 * 60 * 60 * 1000

export const periodOf = ({ createdAt }: Pick<Position, 'createdAt'>) =>
  Math.floor(createdAt.getTime() / PERIOD_MS)
/** The position below which everything is older than the period. */
export const beforePeriod = (period: number) => olderThan(period * PERIOD_MS)

type PeriodDoc = { _id: number }
const periodSchema = new mongoose.Schema<PeriodDoc>({ _id: Number }, { versionKey: false })

/** The periods that have entries in the search index: a search skips all others. */
export class Periods {
  private readonly model: Model<PeriodDoc>
  private readonly noted = new Set<number>()
  constructor(model: Model<PeriodDoc>) {
    this.model = model
  }

  /** Must resolve before a period gets its first entry, so that no search skips it. */
  async note(periods: number[]) {
    const missing = [...new Set(periods)].filter((period) => !this.noted.has(period))
    if (missing.length === 0) return
    const docs = missing.map((_id) => ({ _id }))
    await insertMissing(this.model, docs)
    for (const period of missing) this.noted.add(period)
  }

  /** Newest first. */
  async list(below: Position | null): Promise<number[]> {
    const newest = below ? periodOf(below) : Number.MAX_SAFE_INTEGER
    const filter = { _id: { $lte: newest } }
    const found = await this.model.find(filter).sort({ _id: -1 }).lean()
    return found.map(({ _id }) => _id)
  }
}

export async function openPeriods(connection: Connection): Promise<Periods> {
  const model = connection.model<PeriodDoc>('SearchPeriod', periodSchema, 'searchPeriods')
  await model.createIndexes()
  return new Periods(model)
}
