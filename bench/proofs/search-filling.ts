import { messageId } from '@chat/contract'
import { createLogger, databaseOf, ensureIndexes, openMongo } from '@chat/service'
import { eventually } from '@chat/testing'
import { openSearchStores } from '../../services/messages/search/open-search.ts'
import { SearchIndex } from '../../services/messages/search/search-index.ts'
import { type MessageDoc, presentMessage } from '../../services/messages/send/message-doc.ts'
import { MessageStore } from '../../services/messages/send/message-store.ts'
import { print } from '../report.ts'
import type { Ground } from './proof.ts'
import { RARE, sampleTexts } from './sample-texts.ts'

const BATCH = 2_000
const RARE_EVERY = 10_007
const TEXT_LENGTH = 100
const YEAR_MS = 365 * 24 * 60 * 60 * 1000

export type Place = { roomId: string; seq: number }
/** Milliseconds. `cpu` is of the whole process, its background work included. */
type Took = { storing: number; indexing: number; cpu: number }

/** Stores and indexes messages in bulk, as they are in the store after a year. */
export async function openFilling({ stack }: Ground, sampleRoomId: string) {
  const connection = await openMongo(stack.mongoUrl, `${stack.root}_messages`)
  const store = new MessageStore(connection, await databaseOf(connection))
  const readMessages = (ids: string[]) => store.byIds(ids)
  const logger = createLogger('silent')
  const index = new SearchIndex({ ...openSearchStores(connection), readMessages, logger })
  await ensureIndexes(connection)
  const sample = (await store.bySeq(sampleRoomId, 1)) as MessageDoc
  const text = textsOf(TEXT_LENGTH)
  const lastSeqs = new Map<string, number>()
  const took: Took = { storing: 0, indexing: 0, cpu: 0 }
  let made = 0

  const make = (roomId: string, createdAt: Date): MessageDoc => {
    const seq = (lastSeqs.get(roomId) ?? 0) + 1
    lastSeqs.set(roomId, seq)
    const content = { text: made++ % RARE_EVERY === 0 ? `${RARE} ${text()}` : text() }
    const syncKey = `search-${made}`
    return {
      ...sample,
      _id: messageId(roomId, seq),
      roomId,
      seq,
      syncKey,
      data: { type: 'TEXT', content },
      createdAt,
    }
  }
  const timed = async (what: 'storing' | 'indexing', work: () => Promise<unknown>) => {
    const started = performance.now()
    await work()
    took[what] += performance.now() - started
  }

  return {
    took,
    connection,
    index,
    /** What is stored from then on is indexed only here. */
    isUpgraded: () =>
      eventually(async () => {
        const done = await connection.collection('searchUpgrade').findOne({ doneAt: { $ne: null } })
        if (!done) throw new Error('the index is not upgraded')
      }),
    /** @returns the messages with the rare word, newest first */
    async fill(roomIds: readonly string[], count: number): Promise<Place[]> {
      const rare: Place[] = []
      const start = Date.now() - YEAR_MS
      for (let done = 0; done < count; done += BATCH) {
        const timeAt = (at: number) => new Date(start + Math.floor((at / count) * (YEAR_MS - 60_000)))
        const docs = Array.from({ length: BATCH }, (_, n) =>
          make(roomIds[(done + n) % roomIds.length] as string, timeAt(done + n)),
        )
        rare.unshift(...docs.filter(({ data }) => data.content.text?.startsWith(RARE)).toReversed())
        await timed('storing', () => store.insert(docs, docs[0]?.createdAt ?? new Date()))
        const before = process.cpuUsage()
        await timed('indexing', () => index.addStored(docs))
        const { user, system } = process.cpuUsage(before)
        took.cpu += (user + system) / 1_000
        if ((done + BATCH) % 100_000 === 0)
          print(`      ${done + BATCH} of ${count} messages stored and indexed`)
      }
      return rare
    },
    /** Stores messages that are written now. */
    async send(roomId: string, count: number) {
      const docs = Array.from({ length: count }, () => make(roomId, new Date()))
      await store.insert(docs, new Date())
      return docs.map((doc) => presentMessage(doc))
    },
    close: async () => {
      await index.close()
      await connection.close()
    },
  }
}
export type Filling = Awaited<ReturnType<typeof openFilling>>

function textsOf(length: number): () => string {
  const text = sampleTexts()
  return () => {
    let joined = text()
    while (joined.length < length) joined += ` ${text()}`
    return joined.slice(0, length)
  }
}
