import type { Ask } from './routes/route.ts'

/** The services that keep something about people: one that is new joins here. */
const collectors = [
  'exportUserFromRooms',
  'exportUserFromMessages',
  'exportUserFromFiles',
  'exportUserFromPushes',
] as const

/** Everything about a user, in the envelope of any other answer, a page in memory at a time. */
export async function* exported(ask: Ask, userId: string): AsyncGenerator<string> {
  const head = JSON.stringify({ userId, exportedAt: new Date().toISOString() }).slice(0, -1)
  yield `{"success":true,"error":null,"data":${head},"records":[`
  let comma = ''
  for (const collector of collectors) {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const { records, nextCursor } = await ask(collector, {
        userId,
        ...(cursor !== undefined && { cursor }),
      })
      for (const record of records) {
        yield comma + JSON.stringify(record)
        comma = ','
      }
      cursor = nextCursor
    }
  }
  yield ']}}'
}
