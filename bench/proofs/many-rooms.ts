import type { Room } from '@chat/contract'
import { connectAs } from '@chat/testing'
import { copyRoom } from '../bulk.ts'
import { examine, problemOf, recordQueries } from '../queries.ts'
import { print } from '../report.ts'
import { databasesOf, fastest, type Ground, makeRoom } from './proof.ts'

const FEW = 20
const MANY = 2_000
const PAGE = 50
const CONNECT_MS = 1_000

/** Listing rooms and connecting cost the same for a user in very many rooms. */
export async function proveManyRooms(ground: Ground) {
  const { stack, verdicts } = ground
  const few = await inRooms(ground, 'few', FEW)
  const many = await inRooms(ground, 'many', MANY)
  print(`      users in ${FEW} and in ${MANY} rooms made`)

  const listed = { few: await queriesOfList(ground, few, FEW), many: await queriesOfList(ground, many, PAGE) }
  verdicts.claim(
    `the first ${PAGE} of ${MANY} rooms take as many queries as ${FEW} rooms do`,
    listed.few.length === listed.many.length,
    `${listed.many.length} and ${listed.few.length}`,
  )
  const problems = (await Promise.all(listed.many.map(examine))).map(problemOf).filter((p) => p !== null)
  verdicts.claim('all of them by indexes', problems.length === 0, problems.join('; ') || 'no problem')

  const connect = async () => (await connectAs(stack, many)).close()
  const connecting = await fastest(5, connect)
  verdicts.claim(
    `a user in ${MANY} rooms connects within ${CONNECT_MS} ms, the best of 5`,
    connecting <= CONNECT_MS,
    `${connecting.toFixed(0)} ms`,
  )
}

/** @returns the user's id */
async function inRooms(ground: Ground, userId: string, count: number): Promise<string> {
  const roomId = await makeRoom(ground, userId, [userId, 'someone', 'another'])
  await copyRoom(databasesOf(ground), roomId, count - 1)
  return userId
}

async function queriesOfList({ stack }: Ground, userId: string, expected: number) {
  const client = await connectAs(stack, userId)
  try {
    return await recordQueries(async () => {
      const { list } = await client.get<{ list: Room[] }>('listenRooms', { limit: PAGE })
      if (list.length !== expected) throw new Error(`${list.length} rooms listed instead of ${expected}`)
    })
  } finally {
    client.close()
  }
}
