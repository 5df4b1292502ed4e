import type { Message } from '@chat/contract'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { OfflineChat } from '../connect.ts'
import { memoryStore } from '../stores/memory-store.ts'
import { fakeRooms } from '../testing/fake-rooms.ts'
import { reached, shown, useFakeServer } from '../testing/testing.ts'
import type { OpenRoom } from './open-room.ts'

// After any events, received or missed, in open or closed rooms, the cache equals the server once connected again.

const { server, offlineClient } = useFakeServer()
const rooms = fakeRooms(server)
const KEPT = 15

/** `isRead`: messages of the room were read, so the room must be cached. */
type World = { chat: OfflineChat; roomId: string; open: OpenRoom | null; isRead: boolean }
type Step = (world: World) => unknown

const texts = (messages: Message[]) => messages.map(({ data }) => data.content.text)
const say = ({ roomId }: World) => rooms.add(roomId, `${rooms.messages(roomId).length + 1}`)
const change = (seed: number, { roomId }: World) => {
  const { length } = rooms.messages(roomId)
  return length > 0 ? rooms.change(roomId, 1 + (seed % length), `edited ${seed}`) : undefined
}
const steps: Record<string, (seed: number) => Step> = {
  said: () => (world) => rooms.tell(world.roomId, 'listenMessage', say(world)),
  missed: (seed) => (world) => {
    for (let count = 0; count <= seed % 20; count++) say(world)
  },
  changed: (seed) => (world) => {
    const message = change(seed, world)
    if (message) rooms.tell(world.roomId, 'updateMessage', message)
  },
  'change missed': (seed) => (world) => change(seed, world),
  open: () => async (world) => {
    world.open ??= await world.chat.openRoom(world.roomId, { onMessage: () => {} })
  },
  close: () => async (world) => {
    await world.open?.close()
    world.open = null
  },
  read: (seed) => async (world) => {
    const { chat, roomId } = world
    const { list } = await chat.ask('listenMessagesByRoom', { roomId, count: 1 + (seed % 20) })
    world.isRead ||= list.length > 0
  },
  'read unawaited': (seed) => (world) => {
    const { chat, roomId } = world
    chat.ask('listenMessagesByRoom', { roomId, count: 1 + (seed % 20) }).catch(() => {})
  },
  send: (seed) => (world) => world.chat.send({ roomId: world.roomId, text: `mine ${seed}` }),
  reconnect:
    () =>
    async ({ chat }) => {
      const back = reached(chat, 'connected')
      server().cut()
      await back
    },
}
const history = fc.array(
  fc
    .tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(1_000))
    .map(([name, seed]) => ({ step: steps[name]?.(seed) as Step, toString: () => `${name} ${seed}` })),
  { maxLength: 25 },
)

/** Waits until the cache equals the server; a failure shows the difference. */
async function becomesEqual({ chat, roomId, isRead }: World) {
  const held = async () => texts(await chat.cache.messages(roomId))
  const there = () => texts(rooms.messages(roomId))
  const isEqual = async () => {
    const shownNow = await held()
    const isEnough = shownNow.length > 0 || !isRead || there().length === 0
    return (
      isEnough && JSON.stringify(shownNow) === JSON.stringify(there().slice(there().length - shownNow.length))
    )
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 2_000)
  })
  await Promise.race([shown(chat, isEqual), late])
  clearTimeout(timer)
  if (!(await isEqual())) expect(await held()).toEqual(there())
}

test('after any history the cache equals the server', async () => {
  rooms.serve()
  let run = 0
  await fc.assert(
    fc.asyncProperty(history, async (walked) => {
      const roomId = `room ${++run}`
      rooms.open(roomId, run % 4)
      const chat = offlineClient({ store: memoryStore(), maxCachedMessages: KEPT, reconnectMinMs: 1 })
      const world: World = { chat, roomId, open: null, isRead: false }
      await chat.ready
      for (const { step } of walked) await step(world)
      await steps.reconnect?.(0)(world)
      await becomesEqual(world)
      expect((await chat.cache.messages(roomId)).length).toBeLessThanOrEqual(KEPT)
      chat.close()
      rooms.close(roomId)
    }),
    { numRuns: 60 },
  )
})
