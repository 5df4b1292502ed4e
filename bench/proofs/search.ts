import { setTimeout as delay } from 'node:timers/promises'
import { type Message, messageId } from '@chat/contract'
import { connectAs, eventually, type PlainClient } from '@chat/testing'
import type { Document } from 'mongodb'
import { copyRoom } from '../bulk.ts'
import { examine, problemOf, recordQueries } from '../queries.ts'
import { print } from '../report.ts'
import { databasesOf, type Ground, makeRoom } from './proof.ts'
import { FREQUENT, RARE } from './sample-texts.ts'
import { type Filling, openFilling, type Place } from './search-filling.ts'
import { proveTimes } from './search-times.ts'

const MESSAGES = 1_000_000
const ROOMS = 1_000
/** Every so many rooms, one belongs to other users: its messages must not be found. */
const FOREIGN = 20
/** On some engines explaining reads the whole collection, so plans are checked while it is small. */
const EXPLAIN_AFTER = 20_000
const MAX_BYTES = 200
const MAX_ENTRIES = 4
const MAX_CPU_MS = 0.1
const LIVE_SECONDS = 10
const LIVE_PER_TICK = 100
const TICKS_PER_SECOND = 10
const FRESH_MS = 2_000

type Page = { list: Message[]; nextCursor: string | null }
type Rooms = { own: string[]; foreign: string[]; large: string }

/** Search stays fast among very many messages, and its index small: in one room, and in all rooms of a user. */
export async function proveSearch(ground: Ground) {
  const rooms = await makeRooms(ground)
  const alice = await connectAs(ground.stack, 'searcher')
  await alice.get('sendMessage', {
    roomId: rooms.own[0],
    syncKey: 'sample',
    data: { type: 'TEXT', content: 'A message to be copied very often.' },
  })
  const filling = await openFilling(ground, rooms.own[0] as string)
  try {
    await filling.isUpgraded()
    const controlRoomId = rooms.own[0] as string
    const filled = [...rooms.own.slice(1), ...rooms.foreign]
    const first = await filling.fill(filled, EXPLAIN_AFTER)
    await provePlans(ground, alice, rooms)
    const rare = [...(await filling.fill(filled, MESSAGES - EXPLAIN_AFTER)), ...first]
    await proveIngest(ground, filling)
    await proveTimes(
      ground,
      alice,
      {},
      controlRoomId,
      `${ROOMS} rooms, the user in ${rooms.own.length} of them`,
    )
    await proveComplete(ground, alice, rooms, rare)
    await proveFresh(ground, alice, filling, rooms)
    await filling.fill([rooms.large], MESSAGES)
    const large = { roomId: rooms.large }
    await proveTimes(ground, alice, large, controlRoomId, 'one room, beside as many messages in other rooms')
    await proveTimes(
      ground,
      alice,
      { roomId: rooms.own[1] },
      controlRoomId,
      'a small room among all of these',
    )
  } finally {
    alice.close()
    await filling.close()
  }
}

async function makeRooms(ground: Ground): Promise<Rooms> {
  const databases = databasesOf(ground)
  const own = await makeRoom(ground, 'searched', ['searcher', 'someone'])
  const foreign = await makeRoom(ground, 'foreign', ['someone', 'another'])
  const large = await makeRoom(ground, 'large', ['searcher', 'someone'])
  const count = ROOMS / FOREIGN
  return {
    own: [own, ...(await copyRoom(databases, own, ROOMS - count - 1))],
    foreign: [foreign, ...(await copyRoom(databases, foreign, count - 1))],
    large,
  }
}

async function provePlans({ verdicts }: Ground, alice: PlainClient, rooms: Rooms) {
  for (const [place, input] of Object.entries({ 'a room': { roomId: rooms.own[1] }, 'all rooms': {} })) {
    const queries = await recordQueries(() => alice.get('searchMessages', { keyword: RARE, ...input }))
    const examined = await Promise.all(queries.map(examine))
    const reads = examined.filter(({ name }) => name.startsWith('search'))
    verdicts.claim(
      `a search in ${place} reads what it finds, by indexes`,
      reads.length > 0 && examined.every((each) => problemOf(each) === null),
      reads.map((e) => `${e.name}: ${e.docs} read for ${e.returned} (${e.stages.join(' < ')})`).join(', '),
    )
  }
}

async function proveIngest({ verdicts }: Ground, { took, connection }: Filling) {
  const dropped = () => connection.collection('searchSegments').countDocuments({ state: 'dropped' })
  await eventually(async () => expectNone(await dropped()), 180_000)
  const stats = { $collStats: { storageStats: {} } }
  const sizes: { size: number; count: number }[] = []
  for (const name of ['searchSegments', 'searchParts']) {
    const [found] = await connection.collection(name).aggregate<Document>([stats]).toArray()
    sizes.push(found?.storageStats)
  }
  const bytes = sizes.reduce((sum, { size }) => sum + size, 0) / MESSAGES
  const entries = sizes.reduce((sum, { count }) => sum + count, 0) / MESSAGES
  verdicts.claim(
    `the index takes at most ${MAX_BYTES} bytes and ${MAX_ENTRIES} index entries per message of 100 characters`,
    bytes <= MAX_BYTES && entries <= MAX_ENTRIES,
    `${bytes.toFixed(0)} bytes, ${entries.toFixed(3)} entries`,
  )
  const cpu = took.cpu / MESSAGES
  verdicts.claim(
    `indexing in bulk costs this process at most ${MAX_CPU_MS} ms of CPU per message, merges included`,
    cpu <= MAX_CPU_MS,
    `${cpu.toFixed(3)} ms; ${perSecond(took.indexing)} messages/s indexed, ${perSecond(took.storing)} stored`,
  )
}
const expectNone = (count: number) => {
  if (count > 0) throw new Error(`${count} are left`)
}
const perSecond = (ms: number) => Math.round(MESSAGES / (ms / 1_000))

async function allPages(who: PlainClient, keyword: string): Promise<Message[]> {
  const list: Message[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Page = await who.get('searchMessages', { keyword, limit: 100, ...(cursor && { cursor }) })
    list.push(...page.list)
    cursor = page.nextCursor
  }
  return list
}

async function proveComplete({ verdicts }: Ground, alice: PlainClient, rooms: Rooms, rare: Place[]) {
  const own = new Set(rooms.own)
  const expected = rare
    .filter(({ roomId }) => own.has(roomId))
    .map(({ roomId, seq }) => messageId(roomId, seq))
  const found = (await allPages(alice, RARE)).map(({ _id }) => _id)
  const isSame = JSON.stringify(found.toSorted()) === JSON.stringify(expected.toSorted())
  verdicts.claim(
    "a rare word is found everywhere in one's rooms, and nowhere else",
    isSame,
    `${found.length} found; ${rare.length - expected.length} more are in others' rooms`,
  )
}

/** Sends 1,000 messages a second; beside that, how long is it until the latest is found? */
async function proveFresh({ verdicts }: Ground, alice: PlainClient, filling: Filling, { own }: Rooms) {
  const roomId = own[2] as string
  const lags: number[] = []
  const before = process.cpuUsage()
  let cpu = 0
  const adding: Promise<void>[] = []
  for (let tick = 0; tick < LIVE_SECONDS * TICKS_PER_SECOND; tick++) {
    const started = performance.now()
    const states = await filling.send(roomId, LIVE_PER_TICK)
    const stored = performance.now()
    adding.push(filling.index.add(states).then(() => void lags.push(performance.now() - stored)))
    await delay(Math.max(0, 1_000 / TICKS_PER_SECOND - (performance.now() - started)))
  }
  await Promise.all(adding)
  const used = process.cpuUsage(before)
  cpu = (used.user + used.system) / 1_000 / (LIVE_SECONDS * TICKS_PER_SECOND * LIVE_PER_TICK)
  await eventually(async () => {
    const { list } = await alice.get<Page>('searchMessages', { keyword: FREQUENT, roomId })
    if (list.length < 20) throw new Error('the messages are not found')
  })
  const worst = Math.max(...lags)
  verdicts.claim(
    `at 1,000 messages/s, a message is in the index within ${FRESH_MS} ms`,
    worst <= FRESH_MS,
    `${worst.toFixed(0)} ms at most; ${cpu.toFixed(3)} ms of CPU per message, storing included`,
  )
  print(`      ${lags.length} batches`)
}
