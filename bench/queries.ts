import mongoose, { type mongo } from 'mongoose'

type Plan = { stage: string; inputStage?: Plan; inputStages?: Plan[] }
type Explained = {
  queryPlanner: { winningPlan: Plan & { queryPlan?: Plan } }
  executionStats: { nReturned: number; totalKeysExamined: number; totalDocsExamined: number }
}

/** A read that a service made through mongoose. */
export type Query = { collection: mongoose.Collection; method: string; filter: object; options: object }
export type Examined = { name: string; stages: string[]; returned: number; keys: number; docs: number }

const READS = ['find', 'findOne', 'findOneAndUpdate', 'countDocuments']

/** The reads that all services of this process make while `work` runs. */
export async function recordQueries(work: () => Promise<unknown>): Promise<Query[]> {
  const queries: Query[] = []
  // `this` is the collection, which mongoose's types do not say.
  mongoose.set('debug', function (
    this: mongoose.Collection,
    _name: string,
    method: string,
    ...args: unknown[]
  ) {
    const [filter, options] = method === 'findOneAndUpdate' ? [args[0], args[2]] : args
    if (!READS.includes(method)) return
    queries.push({
      collection: this,
      method,
      filter: { ...(filter as object) },
      options: { ...(options as object) },
    })
  } as never)
  try {
    await work()
  } finally {
    mongoose.set('debug', false)
  }
  return queries
}

/** Runs the query again with `explain`. */
export async function examine({ collection, method, filter, options }: Query): Promise<Examined> {
  const { sort, limit, projection } = options as { sort?: object; limit?: number; projection?: object }
  const cursor = (collection.conn.db as mongo.Db).collection(collection.name).find(filter, {
    ...(sort && { sort: sort as never }),
    ...(projection && { projection }),
    limit: method === 'find' ? (limit ?? 0) : 1,
  })
  const { queryPlanner, executionStats } = (await cursor.explain('executionStats')) as unknown as Explained
  const plan = queryPlanner.winningPlan
  return {
    name: `${collection.name} by ${Object.keys(filter).join(', ')}`,
    stages: stagesOf(plan.queryPlan ?? plan),
    returned: executionStats.nReturned,
    keys: executionStats.totalKeysExamined,
    docs: executionStats.totalDocsExamined,
  }
}

const stagesOf = (plan: Plan): string[] => [
  plan.stage,
  ...[plan.inputStage, ...(plan.inputStages ?? [])].flatMap((inner) => (inner ? stagesOf(inner) : [])),
]

/** What is wrong with a query's plan; null if an index finds the results and at most one document more. */
export function problemOf({ name, stages, returned, docs }: Examined): string | null {
  if (stages.includes('COLLSCAN')) return `${name} reads the whole collection`
  if (stages.includes('SORT')) return `${name} sorts in memory`
  if (docs > returned + 1) return `${name} examines ${docs} documents for ${returned}`
  return null
}
