import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { errors, Fault, type Handlers } from '@chat/contract'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { type Bus, openBus } from './bus.ts'

type RoomHandlers = Handlers<'rooms'>

/** Generous, since the machine may be slow. */
const REQUEST_TIMEOUT_MS = 10_000
const caller = { userId: 'u', requestId: 'request-1' }
const user = { userId: 'u' }
const done = { result: true }

let root: string
let asking: Bus
let opened: Bus[]

async function open(requestTimeoutMs = REQUEST_TIMEOUT_MS): Promise<Bus> {
  const bus = await openBus({
    natsUrl: process.env.CHAT_TEST_NATS_URL as string,
    name: 'test',
    root,
    logger: createLogger('silent'),
    metrics: createMetrics(),
    requestTimeoutMs,
  })
  opened.push(bus)
  return bus
}

/** An instance of rooms that answers one operation. */
async function serve(saveUser: RoomHandlers['saveUser']) {
  const bus = await open()
  const serving = bus.serve('rooms', { saveUser } as RoomHandlers)
  await bus.flush()
  return { bus, serving }
}

const ask = (bus = asking) => bus.ask('saveUser', caller, user)
const forward = () =>
  asking.forward('saveUser', { json: JSON.stringify({ caller, input: user }) }, caller.requestId)
const faultOf = (asked: Promise<unknown>) =>
  asked.then(
    () => Promise.reject(new Error('was answered')),
    (error: Fault) => error,
  )

beforeEach(async () => {
  root = `t${crypto.randomUUID().slice(0, 8)}`
  opened = []
  asking = await open()
})
afterEach(async () => {
  await Promise.all(opened.map((bus) => bus.connection.close()))
})

const circular: { self?: unknown } = {}
circular.self = circular
const broken: Record<string, RoomHandlers['saveUser']> = {
  rejects: () => Promise.reject(new Error('password of the database')),
  'throws synchronously': () => {
    throw new TypeError('password of the database')
  },
  'rejects with undefined': () => Promise.reject(undefined),
  'rejects with a string': () => Promise.reject('password of the database'),
  'rejects with an error that is its own cause': () => {
    const error = new Error('password of the database')
    error.cause = error
    return Promise.reject(error)
  },
  'answers a circular object': async () => circular as never,
  'answers more than the bus carries': async () => 'password of the database'.repeat(400_000) as never,
}

test.each(Object.entries(broken))(
  'a handler that %s is answered INTERNAL, without details',
  async (_, handler) => {
    await serve(handler)
    const envelope = await forward()
    expect(envelope).toEqual({
      success: false,
      error: 'INTERNAL',
      data: null,
      message: errors.INTERNAL.text,
      retryable: false,
      requestId: caller.requestId,
    })
    // It still answers.
    expect(await forward()).toMatchObject({ error: 'INTERNAL' })
  },
)

test('a Fault arrives with every field', async () => {
  await serve(() =>
    Promise.reject(new Fault('ROOM_ALREADY_EXISTS', { data: { roomId: 'r' }, retryAfterMs: 7 })),
  )
  expect(await faultOf(ask())).toMatchObject({
    code: 'ROOM_ALREADY_EXISTS',
    data: { roomId: 'r' },
    retryAfterMs: 7,
  })
})

test.each([
  ['no JSON', 'not json'],
  ['nothing', ''],
  ['no caller', '{"input":{"userId":"u"}}'],
  ['null', 'null'],
  ['a caller of wrong types', '{"caller":{"userId":1,"requestId":2},"input":{"userId":"u"}}'],
])('a request of %s is answered INVALID_REQUEST', async (_, body) => {
  await serve(async () => done)
  const envelope = await asking.forward('saveUser', { json: body }, 'r')
  expect(envelope).toMatchObject({ success: false, error: 'INVALID_REQUEST' })
})

test.each(['noSuchOperation', 'constructor', '__proto__', 'toString'])(
  'the operation %s is unknown',
  async (name) => {
    await serve(async () => done)
    const subject = asking.subjects.rpc('rooms', name)
    const body = JSON.stringify({ caller, input: user })
    const reply = await asking.connection.request(subject, body, { timeout: REQUEST_TIMEOUT_MS })
    expect(reply.json()).toMatchObject({ success: false, error: 'INVALID_REQUEST' })
  },
)

test('no responder is SERVICE_UNAVAILABLE at once, not a timeout', async () => {
  const patient = await open(60_000)
  const started = performance.now()
  expect(await faultOf(ask(patient))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  expect(performance.now() - started).toBeLessThan(60_000 / 2)
})

test('a handler that is too slow is TIMEOUT', async () => {
  const held = Promise.withResolvers<typeof done>()
  await serve(() => held.promise)
  const hasty = await open(100)
  expect(await faultOf(ask(hasty))).toMatchObject({ code: 'TIMEOUT' })
  held.resolve(done)
  expect(await ask()).toEqual(done)
})

test('close waits for requests in flight, and every one is answered', async () => {
  const started = Promise.withResolvers<void>()
  const held = Promise.withResolvers<typeof done>()
  let running = 0
  const { bus, serving } = await serve(() => {
    if (++running === 20) started.resolve()
    return held.promise
  })
  const answers = Array.from({ length: 20 }, () => ask())
  await started.promise
  let isClosed = false
  const closing = serving.close().then(() => {
    isClosed = true
  })
  // After close() reaches the server, new requests are SERVICE_UNAVAILABLE, while earlier ones still wait.
  await bus.flush()
  await faultOf(ask())
  for (let n = 0; n < 5; n++) await bus.flush()
  expect(isClosed).toBe(false)
  held.resolve(done)
  await closing
  await bus.close()
  expect(await Promise.all(answers)).toEqual(answers.map(() => done))
})

test('instances share the load, and one that closes under load drops nothing', async () => {
  const handled = [0, 0]
  const instance = (index: number) =>
    serve(async () => {
      handled[index] = (handled[index] as number) + 1
      await delay(0)
      return done
    })
  const [first] = [await instance(0), await instance(1)]
  const patient = await open(60_000)
  const before = Array.from({ length: 3_000 }, () => ask(patient))
  await Promise.race(before)
  const closing = first.serving.close().then(() => first.bus.close())
  const after = Array.from({ length: 200 }, () => ask(patient))
  expect(await Promise.all([...before, ...after])).toHaveLength(3_200)
  await closing
  // Each request is handled once, by one instance.
  expect((handled[0] as number) + (handled[1] as number)).toBe(3_200)
  expect(Math.min(...handled)).toBeGreaterThan(0)
})

test('a subscription survives a failing callback and an event that is not JSON', async () => {
  const heard: unknown[] = []
  asking.subscribe(asking.subjects.userEvent('u', '*'), (event) => {
    heard.push(event.json<{ roomId: string }>().roomId)
    throw new Error('a bug')
  })
  await asking.flush()
  asking.publishUser('u', 'joined', { roomId: 'one' })
  asking.connection.publish(asking.subjects.userEvent('u', 'joined'), 'not json')
  asking.publishUser('u', 'joined', { roomId: 'two' })
  await asking.flush()
  await asking.flush()
  expect(heard).toEqual(['one', 'two'])
})

test('what one turn of the event loop sends is one write', async () => {
  await serve(async () => done)
  await ask()
  const writes = (['_write', '_writev'] as const).map((method) =>
    jest.spyOn(Socket.prototype, method as '_write'),
  )
  const asked = Array.from({ length: 20 }, async () => {
    // In runs of microtasks of their own, as the requests of several clients are.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    asking.publishUser('u', 'joined', { roomId: 'one' })
    return ask()
  })
  expect(await Promise.all(asked)).toHaveLength(20)
  const calls = writes.reduce((sum, { mock }) => sum + mock.calls.length, 0)
  jest.restoreAllMocks()
  // One by each side, or a few where the requests come in several turns.
  expect(calls).toBeLessThan(10)
})

test('a closed bus answers SERVICE_UNAVAILABLE', async () => {
  await asking.close()
  expect(await faultOf(ask())).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  await expect(asking.ping()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
})

test('a tls:// URL does not connect to a server without TLS', async () => {
  const { host } = new URL(process.env.CHAT_TEST_NATS_URL as string)
  const opening = openBus({
    natsUrl: `tls://rooms:rooms@${host}`,
    ...{ name: 'test', root, logger: createLogger('silent'), metrics: createMetrics() },
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  })
  await expect(opening).rejects.toThrow(/does not support 'tls'.*check CHAT_NATS_URL/)
})
