import { type Message, messageId } from '@chat/contract'
import { createLogger, DutyCycle, databaseOf, ensureIndexes, openMongo } from '@chat/service'
import { type MessageDoc, presentMessage } from '../../send/message-doc.ts'
import { MessageStore } from '../../send/message-store.ts'
import { withIds } from '../../send/room-ids.ts'
import { IndexReader } from '../index-reader.ts'
import { SegmentMaintenance } from '../maintenance/segment-maintenance.ts'
import { openSearchStores } from '../open-search.ts'
import { SearchIndex } from '../search-index.ts'

type Content = Pick<Message, 'data'> & Partial<Message> & { version?: number }

/** A database with messages and two instances that index them. */
export async function openIndexes() {
  const name = `t${crypto.randomUUID().slice(0, 8)}_search`
  const mongo = await openMongo(process.env.CHAT_TEST_MONGO_URL as string, name)
  const store = new MessageStore(mongo, await databaseOf(mongo))
  const stores = openSearchStores(mongo)
  await ensureIndexes(mongo)
  const logger = createLogger('silent')
  const readMessages = (ids: string[]) => store.model.find(withIds(ids)).lean<MessageDoc[]>()
  const openIndex = () => new SearchIndex({ ...stores, readMessages, logger, paceMs: 0 })
  const [one, other] = [openIndex(), openIndex()]
  const closing = new AbortController()
  const openMaintenance = () => {
    const pace = new DutyCycle(0)
    const patienceMs = { writing: 0, dropped: 0 }
    return new SegmentMaintenance({ ...stores, pace, patienceMs, onRemoved: async () => {} }, closing.signal)
  }
  const searchReader = new IndexReader({ ...stores, upgrade: { isDone: async () => true } })
  return {
    ...{ mongo, store, ...stores, one, other, searchReader, openMaintenance },
    maintenance: openMaintenance(),
    close: async () => {
      await Promise.all([one.close(), other.close()])
      await mongo.dropDatabase()
      await mongo.close()
    },
  }
}
export type Indexes = Awaited<ReturnType<typeof openIndexes>>

/** A state of a message: its `version` is the age of the message, in ms, at its last change. */
export function stateOf(roomId: string, seq: number, { version = 0, data, ...more }: Content): Message {
  const createdAt = more.createdAt ?? new Date().toISOString()
  const doc = {
    _id: messageId(roomId, seq),
    ...{ roomId, seq, syncKey: `s${seq}`, data, replyTo: null, meta: null, audience: 0 },
    author: { authorId: 'ann', nickName: 'ann', profileUrl: null },
    createdAt: new Date(createdAt),
    updatedAt: new Date(Date.parse(createdAt) + version),
  }
  return { ...presentMessage(doc), ...more }
}

/** Puts a state of a message into the store, in the place of an earlier one. */
export async function storeState({ store }: Pick<Indexes, 'store'>, state: Message) {
  const { _id, roomId, seq, syncKey, author, data, status } = state
  const [createdAt, updatedAt] = [new Date(state.createdAt), new Date(state.updatedAt)]
  const fields = { roomId, seq, syncKey, author, data, status, replyTo: null, meta: null, audience: 0 }
  await store.model.collection.updateOne(
    { _id: _id as never },
    { $set: { ...fields, createdAt, updatedAt } },
    { upsert: true },
  )
}
