import type { Message } from '@chat/contract'
import { type Connection, openMongo, type StreamEvent } from '@chat/service'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type ObjectStore, openObjects } from './object-store.ts'
import { openReferences, type ReferenceStore } from './reference-store.ts'
import { applyEvents } from './reference-tracker.ts'

let mongo: Connection
let objects: ObjectStore
let store: ReferenceStore

beforeAll(async () => {
  const name = `t${crypto.randomUUID().slice(0, 8)}_files`
  mongo = await openMongo(process.env.CHAT_TEST_MONGO_URL as string, name)
  objects = openObjects(mongo)
  store = openReferences(mongo)
})
afterAll(() => mongo?.close())

type State = { paths?: string[]; age?: number; hidden?: boolean; deleted?: boolean; roomId?: string }
const CREATED = Date.parse('2026-01-01T00:00:00Z')

/** The event of a message's state; `age` orders the states. A deleted message has no content. */
function event(id: string, state: State): StreamEvent {
  const { paths = [], age = 0, hidden = false, deleted = false, roomId = 'room' } = state
  const files = paths.map((path) => ({ name: path, path, size: 1 }))
  const message = {
    _id: id,
    roomId,
    data: { type: 'FILE', content: deleted ? {} : { files } },
    status: { hidden, deleted },
    updatedAt: new Date(CREATED + age).toISOString(),
  } as Message
  return age === 0 ? { kind: 'message', message } : { kind: 'change', change: age, message }
}

async function object(): Promise<string> {
  const path = crypto.randomUUID()
  const described = {
    owner: 'ann',
    roomId: 'room',
    size: 1,
    mediaType: 'image/png',
    name: 'a',
    thumbnail: null,
  }
  await objects.record({ _id: path, ...described, createdAt: new Date() })
  return path
}
/** Seconds until the object is removed; null while a message refers to it. */
async function dueIn(path: string): Promise<number | null> {
  const doc = await objects.model.findById(path).lean()
  return doc?.sweepAt ? Math.round((doc.sweepAt.getTime() - Date.now()) / 1000) : null
}
const take = (...events: StreamEvent[]) => applyEvents({ store, objects }, events)
const newId = () => crypto.randomUUID() as string

test('an object is due two days after its upload, never while it has a message, and a minute after losing it', async () => {
  const path = await object()
  expect(await dueIn(path)).toBe(48 * 60 * 60)
  const id = newId()
  await take(event(id, { paths: [path] }))
  expect(await dueIn(path)).toBeNull()
  await take(event(id, { deleted: true, age: 1 }))
  expect(await dueIn(path)).toBe(60)
})

test('a share keeps an object, and unmarks one that was due', async () => {
  const path = await object()
  const [first, share, late] = [newId(), newId(), newId()]
  await take(event(first, { paths: [path] }), event(share, { paths: [path], roomId: 'other' }))
  await take(event(first, { deleted: true, age: 1 }))
  expect(await dueIn(path)).toBeNull()
  await take(event(share, { deleted: true, age: 1 }))
  expect(await dueIn(path)).toBe(60)
  await take(event(late, { paths: [path], roomId: 'other' }))
  expect(await dueIn(path)).toBeNull()
})

test('a deletion that arrives before its message counts', async () => {
  const path = await object()
  const id = newId()
  await take(event(id, { deleted: true, age: 1 }))
  await take(event(id, { paths: [path] }))
  expect(await store.roomsOf(path, ['room'])).toEqual([])
  expect(await dueIn(path)).toBe(48 * 60 * 60)
})

test('a repeated deletion or message changes nothing', async () => {
  const path = await object()
  const id = newId()
  const [posted, deleted] = [event(id, { paths: [path] }), event(id, { deleted: true, age: 1 })]
  await take(posted, deleted)
  const due = (await objects.model.findById(path).lean())?.sweepAt
  await take(deleted)
  await take(posted)
  await take(posted, deleted)
  expect((await objects.model.findById(path).lean())?.sweepAt).toEqual(due)
})

test('a redelivered event completes work that was interrupted between the reference and its object', async () => {
  const path = await object()
  const id = newId()
  await take(event(id, { paths: [path] }))
  const { message } = event(id, { deleted: true, age: 1 })
  const tombstone = { isHidden: false, deletedAt: new Date(), updatedAt: new Date(message.updatedAt) }
  await store.put([{ _id: id, roomId: 'room', paths: [], ...tombstone }])
  expect(await dueIn(path)).toBeNull()
  await take(event(id, { deleted: true, age: 1 }))
  expect(await dueIn(path)).toBe(60)
})

test('a deletion counts when another instance handles its message at the same time', async () => {
  const path = await object()
  const id = newId()
  const keep = async (paths: string[]) => {
    await take(event(id, { deleted: true, age: 1 }))
    await objects.keep(paths)
  }
  await applyEvents({ store, objects: { ...objects, keep } }, [event(id, { paths: [path] })])
  expect(await dueIn(path)).toBe(60)
})

test('a hidden message keeps its object, and the reference says that it is hidden', async () => {
  const path = await object()
  const id = newId()
  await take(event(id, { paths: [path] }))
  await take(event(id, { paths: [path], hidden: true, age: 1 }))
  expect(await store.roomsOf(path, ['room', 'other'])).toEqual([{ roomId: 'room', isHidden: true }])
  expect(await dueIn(path)).toBeNull()
  await take(event(newId(), { paths: [path] }))
  expect(await store.roomsOf(path, ['room'])).toEqual([{ roomId: 'room', isHidden: false }])
  await take(event(id, { paths: [path], age: 2 }))
  expect(await store.roomsOf(path, ['other'])).toEqual([])
})

test('text messages are ignored', async () => {
  const id = newId()
  const { message } = event(id, {})
  await take({ kind: 'message', message: { ...message, data: { type: 'TEXT', content: { text: 'p' } } } })
  expect(await store.pathsOf([id])).toEqual([])
})

/** Messages over three objects, as events in any order, some of them repeated. */
const histories = fc
  .array(fc.record({ path: fc.nat(2), ends: fc.boolean(), hides: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  })
  .chain((messages) => {
    const events = messages.flatMap(({ ends, hides }, index) =>
      ['post', ...(hides ? ['hide'] : []), ...(ends ? ['delete'] : [])].map((what) => ({ index, what })),
    )
    const twice = [...events, ...events]
    return fc.record({
      messages: fc.constant(messages),
      order: fc.shuffledSubarray(twice, { minLength: twice.length, maxLength: twice.length }),
      batch: fc.integer({ min: 1, max: 5 }),
    })
  })

test('an object is due when all its messages are deleted, whatever the order of events and instances', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ messages, order, batch }) => {
      const paths = [await object(), await object(), await object()] as [string, string, string]
      const ids = messages.map(newId)
      const ages = { post: 0, hide: 1, delete: 2 } as Record<string, number>
      const events = order.map(({ index, what }) =>
        event(ids[index] as string, {
          paths: [paths[messages[index]?.path as 0]],
          age: ages[what] as number,
          hidden: what === 'hide',
          deleted: what === 'delete',
        }),
      )
      const batches = Array.from({ length: Math.ceil(events.length / batch) }, (_, index) =>
        events.slice(index * batch, (index + 1) * batch),
      )
      for (let index = 0; index < batches.length; index += 2) {
        const pair = [batches[index] ?? [], batches[index + 1] ?? []] as const
        await Promise.all(pair.map((some) => take(...some)))
      }
      for (const [index, path] of paths.entries()) {
        const own = messages.filter((message) => message.path === index)
        const isKept = own.some(({ ends }) => !ends)
        expect([index, (await dueIn(path)) === null]).toEqual([index, isKept])
        expect([index, (await store.roomsOf(path, ['room'])).length]).toEqual([index, isKept ? 1 : 0])
      }
    }),
    { numRuns: 40 },
  )
})
