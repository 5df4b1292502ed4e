import { type Message, messageId } from '@chat/contract'
import { databaseOf, ensureIndexes, openMongo } from '@chat/service'
import { connectAs, type PlainClient } from '@chat/testing'
import type { Document } from 'mongodb'
import { SearchIndexer } from '../../services/messages/search/search-indexer.ts'
import { SearchStore } from '../../services/messages/search/search-store.ts'
import { type MessageDoc, presentMessage } from '../../services/messages/send/message-doc.ts'
import { MessageStore } from '../../services/messages/send/message-store.ts'
import { copyRoom } from '../bulk.ts'
import { examine, problemOf, recordQueries } from '../queries.ts'
import { print } from '../report.ts'
import { databasesOf, fastest, type Ground, makeRoom } from './proof.ts'
import { FREQUENT, RARE, sampleTexts } from './sample-texts.ts'

const MESSAGES = 1_000_000
const ROOMS = 1_000
/** Every so many rooms, one belongs to other users: its messages must not be found. */
const FOREIGN = 20
const BATCH = 2_000
const RARE_EVERY = 10_007
const YEAR_MS = 365 * 24 * 60 * 60 * 1000
/** On some engines explaining reads the whole collection, so plans are checked while it is small. */
const EXPLAIN_AFTER = 20_000
const RUNS = 10
const ROOM_MS = 200
const ROOMS_MS = 1_000

type Page = { list: Message[]; nextCursor: string | null }
type Rooms = { own: string[]; foreign: string[] }

/** Search stays fast among very many messages: in one room, and in all rooms of a user. */
export async function proveSearch(ground: Ground) {
  const rooms = await makeRooms(ground)
  const alice = await connectAs(ground.stack, 'searcher')
  await alice.get('sendMessage', {
    roomId: rooms.own[0],
    syncKey: 'sample',
    data: { type: 'TEXT', content: 'A message to be copied very often.' },
  })
  const filling = await openFilling(ground, rooms)
  try {
    await filling.upTo(EXPLAIN_AFTER)
    await provePlans(ground, alice, rooms)
    await filling.upTo(MESSAGES)
    await proveIngest(ground, filling)
    await proveTimes(ground, alice, rooms, filling.rare)
  } finally {
    alice.close()
    await filling.close()
  }
}

async function makeRooms(ground: Ground): Promise<Rooms> {
  const databases = databasesOf(ground)
  const own = await makeRoom(ground, 'searched', ['searcher', 'someone'])
  const foreign = await makeRoom(ground, 'foreign', ['someone', 'another'])
  const count = ROOMS / FOREIGN
  return {
    own: [own, ...(await copyRoom(databases, own, ROOMS - count - 1))],
    foreign: [foreign, ...(await copyRoom(databases, foreign, count - 1))],
  }
}

/** Stores and indexes messages with the code and the batch size of the service. */
async function openFilling({ stack }: Ground, { own, foreign }: Rooms) {
  const connection = await openMongo(stack.mongoUrl, `${stack.root}_messages`)
  const store = new MessageStore(connection, await databaseOf(connection))
  const indexing = new SearchIndexer(new SearchStore(connection))
  await ensureIndexes(connection)
  const sample = (await store.bySeq(own[0] as string, 1)) as MessageDoc
  const roomIds = [...own.slice(1), ...foreign]
  const text = sampleTexts()
  const start = Date.now() - YEAR_MS
  const took = { storing: 0, indexing: 0 }
  /** The messages with the rare word, newest first. */
  const rare: { roomId: string; seq: number }[] = []
  let made = 0

  const make = (): MessageDoc => {
    const roomId = roomIds[made % roomIds.length] as string
    const seq = Math.floor(made / roomIds.length) + 1
    const isRare = made % RARE_EVERY === 0
    if (isRare) rare.unshift({ roomId, seq })
    return {
      ...sample,
      _id: messageId(roomId, seq),
      roomId,
      seq,
      syncKey: `search-${made}`,
      data: { type: 'TEXT', content: { text: isRare ? `${text()} ${RARE}` : text() } },
      createdAt: new Date(start + Math.floor((made++ / MESSAGES) * YEAR_MS)),
    }
  }
  const timed = async (what: keyof typeof took, work: () => Promise<unknown>) => {
    const started = performance.now()
    await work()
    took[what] += performance.now() - started
  }

  return {
    rare,
    took,
    connection,
    async upTo(count: number) {
      while (made < count) {
        const docs = Array.from({ length: BATCH }, make)
        await timed('storing', () => store.insert(docs, new Date()))
        const events = docs.map((doc) => ({ kind: 'message' as const, message: presentMessage(doc) }))
        await timed('indexing', () => indexing.handle(events))
        if (made % 100_000 === 0) print(`      ${made} of ${MESSAGES} messages stored and indexed`)
      }
    },
    close: () => connection.close(),
  }
}
type Filling = Awaited<ReturnType<typeof openFilling>>

const places = (rooms: Rooms) => ({ 'a room': { roomId: rooms.own[1] }, 'all rooms': {} })

async function provePlans({ verdicts }: Ground, alice: PlainClient, rooms: Rooms) {
  for (const [place, input] of Object.entries(places(rooms))) {
    const queries = await recordQueries(() => alice.get('searchMessages', { keyword: RARE, ...input }))
    const examined = await Promise.all(queries.map(examine))
    const problems = examined.map((each) =>
      // The matches of one period are sorted in memory.
      problemOf({ ...each, stages: each.stages.filter((stage) => stage !== 'SORT') }),
    )
    const searches = examined.filter(({ name }) => name.startsWith('search by '))
    verdicts.claim(
      `a search in ${place} reads what it finds, by indexes`,
      searches.length > 0 && problems.every((problem) => problem === null),
      searches
        .map((e) => `${e.name}: ${e.docs} examined for ${e.returned} (${e.stages.join(' < ')})`)
        .join(', '),
    )
  }
}

async function proveIngest({ verdicts }: Ground, { took, connection }: Filling) {
  const perSecond = (ms: number) => Math.round(MESSAGES / (ms / 1000))
  const [without, withIndex] = [perSecond(took.storing), perSecond(took.storing + took.indexing)]
  const stats = { $collStats: { storageStats: {} } }
  const [entries] = await connection.collection('search').aggregate<Document>([stats]).toArray()
  const { size, indexSizes } = entries?.storageStats ?? {}
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
  verdicts.claim(
    'messages are stored, and indexed beside that, faster than a busy server takes them',
    withIndex >= 1_000,
    `${without}/s without the index, ${withIndex}/s with it (${(withIndex / without).toFixed(2)}); ` +
      `the index ${megabytes(indexSizes?.search)}, its entries ${megabytes(size)}`,
  )
}

async function allPages(who: PlainClient, keyword: string): Promise<Message[]> {
  const list: Message[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Page = await who.get('searchMessages', { keyword, limit: 100, ...(cursor && { cursor }) })
    list.push(...page.list)
    cursor = page.nextCursor
  }
  return list
}

async function proveTimes({ verdicts }: Ground, alice: PlainClient, rooms: Rooms, rare: Filling['rare']) {
  const own = new Set(rooms.own)
  const expected = rare.filter(({ roomId }) => own.has(roomId))
  const found = await allPages(alice, RARE)
  verdicts.claim(
    "a rare word is found everywhere in one's rooms, newest first, and nowhere else",
    JSON.stringify(found.map(({ _id }) => _id)) ===
      JSON.stringify(expected.map(({ roomId, seq }) => messageId(roomId, seq))),
    `${found.length} found; ${rare.length - expected.length} more are in others' rooms`,
  )
  for (const [word, keyword] of Object.entries({ rare: RARE, frequent: FREQUENT })) {
    for (const [place, input] of Object.entries(places(rooms))) {
      let page: Page | undefined
      const ms = await fastest(RUNS, async () => {
        page = await alice.get<Page>('searchMessages', { keyword, ...input })
      })
      const limit = place === 'a room' ? ROOM_MS : ROOMS_MS
      const isRight = page?.list.every(({ data }) => data.content.text?.includes(keyword))
      verdicts.claim(
        `a ${word} word in ${place} within ${limit} ms, the best of ${RUNS}`,
        ms <= limit && isRight === true && (keyword === RARE || page?.list.length === 20),
        `${ms.toFixed(1)} ms for ${page?.list.length}`,
      )
    }
  }
}
