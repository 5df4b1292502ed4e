import type { PersonalRecords } from '@chat/contract'
import type { Ask } from '../routes/route.ts'

/** The services that keep something about people: one that is new joins here. */
const collectors = [
  'exportUserFromRooms',
  'exportUserFromMessages',
  'exportUserFromFiles',
  'exportUserFromPushes',
] as const

type Records = AsyncGenerator<PersonalRecords['records'][number]>

/**
 * Everything about a user, in the envelope of any other answer, a page in memory at a time.
 * @param own what this process keeps itself
 */
export async function* exported(ask: Ask, userId: string, own: Records): AsyncGenerator<string> {
  const head = JSON.stringify({ userId, exportedAt: new Date().toISOString() }).slice(0, -1)
  yield `{"success":true,"error":null,"data":${head},"records":[`
  let comma = ''
  for (const records of [collected(ask, userId), own]) {
    for await (const record of records) {
      yield comma + JSON.stringify(record)
      comma = ','
    }
  }
  yield ']}}'
}

async function* collected(ask: Ask, userId: string): Records {
  for (const collector of collectors) {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await ask(collector, { userId, ...(cursor !== undefined && { cursor }) })
      yield* page.records
      cursor = page.nextCursor
    }
  }
}
