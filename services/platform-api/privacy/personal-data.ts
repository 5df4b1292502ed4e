import type { Ask } from '../routes/route.ts'
import type { Records } from '../webhooks/erasure.ts'

/** One operation of each service that stores something about users. */
const collectors = [
  'exportUserFromRooms',
  'exportUserFromMessages',
  'exportUserFromFiles',
  'exportUserFromPushes',
] as const

/** The text of an envelope, with one page in memory at a time. @param own the records of this service */
export async function* personalData(ask: Ask, userId: string, own: Records): AsyncGenerator<string> {
  const head = JSON.stringify({ userId, exportedAt: new Date().toISOString() }).slice(0, -1)
  yield `{"success":true,"error":null,"data":${head},"records":[`
  let comma = ''
  for await (const record of allRecords(ask, userId, own)) {
    yield comma + JSON.stringify(record)
    comma = ','
  }
  yield ']}}'
}

async function* allRecords(ask: Ask, userId: string, own: Records): Records {
  for (const collector of collectors) {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await ask(collector, { userId, ...(cursor !== undefined && { cursor }) })
      yield* page.records
      cursor = page.nextCursor
    }
  }
  yield* own
}
