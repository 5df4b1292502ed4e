import { eventually, freePort, makeRoom, sendText } from '@chat/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import {
  makeWebhook,
  openReceiver,
  type Receiver,
  type Scene,
  setScene,
  type TestWebhook,
} from '../testing.ts'

// Which deliveries are tried again, and when.

let scene: Scene
let hook: TestWebhook
const events = ['message.created']
beforeAll(async () => {
  scene = await setScene({ times: { answer: 1_000 } })
})
beforeEach(async () => {
  scene.receiver.answer = () => 204
  hook = await scene.makeWebhook({ events })
})
afterEach(async () => {
  await hook.delete()
})
afterAll(() => scene?.close())

const idsOf = (some: { id: string }[]) => some.map(({ id }) => id)
const logged = async (id: string) => (await hook.log()).list.find(({ deliveryId }) => deliveryId === id)
/** The receiver's first answers; 204 after them. */
const answering = (...replies: Awaited<ReturnType<Receiver['answer']>>[]) => {
  scene.receiver.answer = () => (replies.length > 0 ? (replies.shift() ?? null) : 204)
}

test.each([408, 429, 500, 502, 503, 504])('%i is tried again, with the same id', async (status) => {
  answering(status, status)
  const { _id } = await sendText(scene.ann, scene.roomId)
  await eventually(async () => expect(await logged(_id)).toMatchObject({ state: 'DELIVERED', tries: 3 }))
  expect(idsOf(hook.received())).toEqual([_id, _id, _id])
})

test.each([301, 302, 307, 308, 400, 401, 404, 409, 422])('%i is final', async (status) => {
  answering({ status, headers: { location: `${scene.receiver.url}/elsewhere` } })
  const { _id } = await sendText(scene.ann, scene.roomId)
  await eventually(async () =>
    expect(await logged(_id)).toMatchObject({
      state: 'FAILED',
      tries: 1,
      lastStatus: status,
      nextTryAt: null,
    }),
  )
  const next = await sendText(scene.ann, scene.roomId)
  await eventually(async () => expect(await logged(next._id)).toMatchObject({ state: 'DELIVERED' }))
  expect(idsOf(hook.received())).toEqual([_id, next._id])
  expect(scene.receiver.refused).toEqual([])
})

test('410 disables the webhook; enabled again, it receives later events', async () => {
  answering(410)
  const first = await sendText(scene.ann, scene.roomId)
  await eventually(async () =>
    expect(await hook.look()).toMatchObject({ enabled: false, disabledBecause: 'GONE' }),
  )
  expect(await logged(first._id)).toMatchObject({ state: 'FAILED', lastStatus: 410 })
  await scene.stack.call('PATCH', hook.place, { enabled: true })
  const { _id } = await sendText(scene.ann, scene.roomId)
  await eventually(() => expect(idsOf(hook.received())).toEqual([first._id, _id]))
})

test('a delivery whose answer does not come in time is tried again', async () => {
  answering(null)
  const { _id } = await sendText(scene.ann, scene.roomId)
  await eventually(async () => expect(await logged(_id)).toMatchObject({ state: 'DELIVERED', tries: 2 }))
  const [first, second] = hook.received()
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(900)
})

test('an endpoint that cannot be reached gets its deliveries later', async () => {
  const port = await freePort()
  await scene.stack.call('PATCH', hook.place, { url: `http://127.0.0.1:${port}${hook.path}` })
  const { _id } = await sendText(scene.ann, scene.roomId)
  await eventually(async () =>
    expect(await logged(_id)).toMatchObject({
      state: 'WAITING',
      lastStatus: null,
      lastError: 'ECONNREFUSED',
    }),
  )
  await eventually(async () => expect(await hook.look()).toMatchObject({ failingSince: expect.any(String) }))
  const later = await openReceiver(port)
  later.secrets.set(hook.path, hook.secret)
  await eventually(() => expect(idsOf(later.of(hook.path))).toEqual([_id]))
  await eventually(async () => expect(await hook.look()).toMatchObject({ failingSince: null }))
  await later.close()
})

test('Retry-After is honoured', async () => {
  answering({ status: 429, headers: { 'retry-after': '1' } })
  const { _id } = await sendText(scene.ann, scene.roomId)
  await eventually(() => expect(hook.received()).toHaveLength(2))
  const [first, second] = hook.received()
  expect(idsOf(hook.received())).toEqual([_id, _id])
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(950)
})

test('enabling a webhook ends its pause', async () => {
  answering({ status: 503, headers: { 'retry-after': '3600' } })
  const { _id } = await sendText(scene.ann, scene.roomId)
  await eventually(async () => expect(await hook.look()).toMatchObject({ failingSince: expect.any(String) }))
  await scene.stack.call('PATCH', hook.place, { enabled: false })
  await scene.stack.call('POST', `${hook.place}/deliveries/${_id}/replay`, {})
  await scene.stack.call('PATCH', hook.place, { enabled: true })
  await eventually(async () => expect(await logged(_id)).toMatchObject({ state: 'DELIVERED' }))
})

test('a delivery that is replayed while it is being sent is sent again', async () => {
  const isHeld = Promise.withResolvers<number>()
  scene.receiver.answer = ({ path }) =>
    path === hook.path && hook.received().length === 1 ? isHeld.promise : 204
  const { _id } = await sendText(scene.ann, scene.roomId)
  await eventually(() => expect(hook.received()).toHaveLength(1))
  await scene.stack.call('POST', `${hook.place}/deliveries/${_id}/replay`, {})
  isHeld.resolve(400)
  await eventually(async () => expect(await logged(_id)).toMatchObject({ state: 'DELIVERED', tries: 1 }))
  expect(idsOf(hook.received())).toEqual([_id, _id])
})

test('a failed delivery holds back the later ones of its room', async () => {
  await sendText(scene.ann, scene.roomId, 'warm')
  await eventually(() => expect(hook.received()).toHaveLength(1))
  answering(503, 503, 503)
  const sent: string[] = []
  for (let n = 0; n < 5; n++) sent.push((await sendText(scene.ann, scene.roomId, `${n}`))._id)
  await eventually(async () =>
    expect((await hook.log('?state=DELIVERED')).list).toHaveLength(1 + sent.length),
  )
  const last = new Map(hook.received().map(({ id, at }) => [id, at]))
  const inOrder = [...last].sort(([, a], [, b]) => a - b).map(([id]) => id)
  expect(inOrder.slice(1)).toEqual(sent)
})

test('a slow endpoint delays no other, and gets at most ten deliveries at a time', async () => {
  const slow = await openReceiver()
  const held = Promise.withResolvers<number>()
  slow.answer = () => held.promise
  const other = await makeWebhook(scene.stack, slow, { events })
  const rooms = [scene.roomId]
  for (let n = 0; n < 14; n++) rooms.push((await makeRoom(scene.ann, ['ben']))._id)
  const sent: string[] = []
  for (const each of [...rooms, ...rooms]) sent.push((await sendText(scene.ann, each))._id)
  await eventually(() => expect(new Set(idsOf(hook.received()))).toEqual(new Set(sent)))
  expect(slow.open).toBeLessThanOrEqual(10)
  held.resolve(204)
  await eventually(() => expect(new Set(idsOf(slow.of(other.path)))).toEqual(new Set(sent)), 30_000)
  expect(slow.mostOpen).toBeLessThanOrEqual(10)
  await other.delete()
  await slow.close()
})

test('deliveries are listed in pages, shown with their payload, and replayed', async () => {
  const sent: string[] = []
  for (let n = 0; n < 3; n++) sent.push((await sendText(scene.ann, scene.roomId, `${n}`))._id)
  await eventually(async () => expect((await hook.log('?state=DELIVERED')).list).toHaveLength(3))
  const first = await hook.log('?limit=2')
  const rest = await hook.log(`?limit=2&cursor=${first.nextCursor}`)
  expect([...first.list, ...rest.list].map(({ deliveryId }) => deliveryId)).toEqual(sent.toReversed())
  expect(rest.nextCursor).toBeNull()
  const at = `${hook.place}/deliveries/${sent[1]}`
  expect((await scene.stack.call('GET', at)).body).toMatchObject({
    data: {
      deliveryId: sent[1],
      tries: 1,
      payload: { type: 'message.created', data: { message: { _id: sent[1] } } },
    },
  })
  expect(await scene.stack.call('POST', `${at}/replay`, {})).toMatchObject({
    status: 202,
    body: { data: { state: 'WAITING', tries: 0 } },
  })
  await eventually(() => expect(idsOf(hook.received())).toEqual([...sent, sent[1]]))
  expect((await scene.stack.call('GET', `${hook.place}/deliveries?cursor=x`)).status).toBe(400)
  for (const path of [`${hook.place}/deliveries/nothing`, '/v1/webhooks/nothing/deliveries'])
    expect(await scene.stack.call('GET', path)).toMatchObject({
      status: 404,
      body: { error: 'WEBHOOK_NO_EXISTS' },
    })
})
