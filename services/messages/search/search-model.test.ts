import { type Message, type MessageData, messageId } from '@chat/contract'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { scanIndex } from './search-scan.ts'
import { comparable, gramsOf, holds } from './search-terms.ts'
import { EntryChunk } from './segments/entry-chunk.ts'
import { chunkPart, partId } from './segments/segment.ts'
import { newestFirst } from './segments/segment-candidates.ts'
import { type Indexes, openIndexes, stateOf, storeState } from './testing/indexes.ts'

const DAY = 24 * 60 * 60 * 1000

let indexes: Indexes
beforeAll(async () => {
  indexes = await openIndexes()
})
afterAll(() => indexes?.close())

const word = fc.string({ unit: fc.constantFrom('가', '나', '다', 'a', ' '), minLength: 1, maxLength: 8 })
const which = fc.nat({ max: 1_000 })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('send'), which, text: word, isOld: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constantFrom('edit', 'delete', 'hide', 'show'), which, text: word }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom('repeat', 'maintain', 'lead', 'purge'), which, text: word }),
  },
)
type Step = { does: string; which: number; text: string; isOld?: boolean }

const textOf = (text: string): MessageData => ({ type: 'TEXT', content: { text } })

/** Plays a history with two instances that do not wait for each other. @returns the messages at its end */
async function play(steps: Step[], roomIds: string[]): Promise<Message[]> {
  const latest = new Map<string, Message>()
  const states: Message[] = []
  const purged = new Set<string>()
  const adding: Promise<void>[] = []
  const instances = [indexes.one, indexes.other]
  let maintenance = indexes.maintenance
  const add = (state: Message, turn: number) =>
    adding.push((instances[turn % 2] as Indexes['one']).add([state]))
  const become = async (state: Message, turn: number) => {
    await storeState(indexes, state)
    latest.set(state._id, state)
    states.push(state)
    add(state, turn)
  }
  for (const [turn, { does, which, text, isOld }] of steps.entries()) {
    const roomId = roomIds[which % roomIds.length] as string
    const now = [...latest.values()][which % Math.max(1, latest.size)]
    if (does === 'send' && !purged.has(roomId)) {
      const createdAt = new Date(Date.now() - (isOld ? DAY : 0)).toISOString()
      await become(stateOf(roomId, latest.size + 1, { data: textOf(text), createdAt }), turn)
    } else if (does === 'maintain') await maintenance.run()
    else if (does === 'lead') maintenance = indexes.openMaintenance()
    else if (does === 'purge' && which % 5 === 0) {
      await instances[turn % 2]?.forgetRoom(roomId)
      await indexes.store.deleteRoom(roomId)
      purged.add(roomId)
    } else if (does === 'repeat' && states.length > 0) add(states[which % states.length] as Message, turn)
    else if (now && !purged.has(now.roomId)) await become(changed(now, does, text), turn)
  }
  await Promise.all(adding)
  await maintenance.run()
  return [...latest.values()].filter(({ roomId }) => !purged.has(roomId))
}

function changed(state: Message, does: string, text: string): Message {
  const updatedAt = new Date(Date.parse(state.updatedAt) + 1).toISOString()
  const { status } = state
  if (status.deleted) return { ...state, updatedAt }
  if (does === 'edit') return { ...state, updatedAt, data: textOf(text) }
  if (does === 'delete')
    return { ...state, updatedAt, data: { type: 'TEXT', content: {} }, status: { ...status, deleted: true } }
  return { ...state, updatedAt, status: { ...status, hidden: does === 'hide' } }
}

/** The states that the index holds of messages in these rooms. */
async function indexedStates(roomIds: string[]): Promise<string[]> {
  const { segments } = indexes
  const found: string[] = []
  for (const { _id, ends } of await segments.ready())
    for (const chunk of ends.keys()) {
      const id = partId(_id, chunkPart(chunk))
      const entries = new EntryChunk((await segments.read([id])).get(id) as Buffer)
      for (let index = 0; index < entries.count; index++) {
        const { roomId, seq, createdAt, version } = entries.at(index)
        if (roomIds.includes(roomId)) found.push(`${messageId(roomId, seq)} ${createdAt + version}`)
      }
    }
  return found
}

test('whatever two instances send, change and delete, a search equals a scan of all messages, and nothing else is indexed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), word, async (steps, keyword) => {
      const text = comparable(keyword)
      const grams = gramsOf(text)
      fc.pre(grams.length > 0)
      const roomIds = Array.from({ length: 3 }, () => crypto.randomUUID() as string)
      const messages = await play(steps, roomIds)
      const current = messages
        .filter(({ status }) => !status.deleted && !status.hidden)
        .map(({ _id, updatedAt }) => `${_id} ${Date.parse(updatedAt)}`)
      for (const state of await indexedStates(roomIds)) expect(current).toContain(state)
      const matches = ({ data }: Pick<Message, 'data'>) => holds(data, text)
      for (const searched of [roomIds, roomIds.slice(0, 1), roomIds.slice(0, 2)]) {
        const question = { grams, matches, start: null, count: 100 }
        const { docs } = await scanIndex(indexes, question, searched)
        const expected = messages
          .filter(({ status, roomId }) => !status.deleted && !status.hidden && searched.includes(roomId))
          .filter(matches)
          .map(({ _id, createdAt }) => ({ _id, createdAt: new Date(createdAt) }))
          .sort(newestFirst)
        expect(docs.map(({ _id }) => _id)).toEqual(expected.map(({ _id }) => _id))
      }
    }),
    { numRuns: 60 },
  )
})
