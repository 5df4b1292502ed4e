import { type Connection, insertMissing } from '@chat/service'
import mongoose from 'mongoose'
import { olderThan, type Position } from './position.ts'

/** Four weeks: few enough in years for a rare keyword, short enough for a frequent one. */
const PERIOD_MS = 28 * 24 * 60 * 60 * 1000

export const periodOf = ({ createdAt }: Pick<Position, 'createdAt'>) =>
  Math.floor(createdAt.getTime() / PERIOD_MS)
/** Below it is all that came before the period. */
export const beforePeriod = (period: number) => olderThan(period * PERIOD_MS)

const { Schema } = mongoose
const periodSchema = new Schema<{ _id: number }>({ _id: Number }, { versionKey: false })

/** Which periods have entries in the search index, so that nobody looks for them in all others. */
export async function openPeriods(connection: Connection) {
  const model = connection.model<{ _id: number }>('SearchPeriod', periodSchema, 'searchPeriods')
  await model.createIndexes()
  const noted = new Set<number>()

  return {
    /** To be done before there is anything in them, so that nothing is ever passed over. */
    async note(periods: number[]) {
      const news = [...new Set(periods)].filter((period) => !noted.has(period))
      if (news.length === 0) return
      await insertMissing(
        model,
        news.map((_id) => ({ _id })),
      )
      for (const period of news) noted.add(period)
    },

    /** Newest first. */
    async list(below: Position | null): Promise<number[]> {
      const upTo = below ? periodOf(below) : Number.MAX_SAFE_INTEGER
      const found = await model
        .find({ _id: { $lte: upTo } })
        .sort({ _id: -1 })
        .lean()
      return found.map(({ _id }) => _id)
    },
  }
}
