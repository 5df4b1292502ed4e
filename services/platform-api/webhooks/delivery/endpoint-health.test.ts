import { eventually, sendText } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Scene, setScene } from '../testing.ts'

// When deliveries and webhooks are given up.

let scene: Scene
beforeAll(async () => {
  scene = await setScene({ times: { giveUp: 1_500, disable: 4_000 } })
})
afterAll(() => scene?.close())

test('a delivery that fails for too long is FAILED; a webhook with only failures is disabled until it is enabled again', async () => {
  const hook = await scene.makeWebhook({ events: ['message.created'] })
  scene.receiver.answer = () => 500
  const { _id } = await sendText(scene.ann, scene.roomId)
  await eventually(async () =>
    expect((await hook.log('?state=FAILED')).list).toMatchObject([
      { deliveryId: _id, lastStatus: 500, nextTryAt: null },
    ]),
  )
  expect(hook.received().length).toBeGreaterThan(2)
  expect(await hook.look()).toMatchObject({ failingSince: expect.any(String) })
  await eventually(async () => {
    await sendText(scene.ann, scene.roomId)
    expect(await hook.look()).toMatchObject({ enabled: false, disabledBecause: 'FAILING' })
  }, 30_000)

  scene.receiver.answer = () => 204
  const before = hook.received().length
  await sendText(scene.ann, scene.roomId, 'not told')
  const enabled = await scene.stack.call('PATCH', hook.place, { enabled: true })
  expect(enabled.body).toMatchObject({ data: { enabled: true, disabledBecause: null, failingSince: null } })
  const next = await sendText(scene.ann, scene.roomId, 'told')
  await eventually(() => expect(hook.received().map(({ id }) => id)).toContain(next._id))
  const texts = hook
    .received()
    .slice(before)
    .map(
      ({ data }) => (data as { message: { data: { content: { text: string } } } }).message.data.content.text,
    )
  expect(texts).not.toContain('not told')
  const replayed = await scene.stack.call('POST', `${hook.place}/deliveries/${_id}/replay`, {})
  expect(replayed.status).toBe(202)
  await eventually(async () =>
    expect((await scene.stack.call('GET', `${hook.place}/deliveries/${_id}`)).body).toMatchObject({
      data: { state: 'DELIVERED', tries: 1 },
    }),
  )
  await hook.delete()
})

test('a webhook with only final failures is disabled, too', async () => {
  const hook = await scene.makeWebhook({ events: ['message.created'] })
  scene.receiver.answer = () => 404
  await eventually(async () => {
    await sendText(scene.ann, scene.roomId)
    expect(await hook.look()).toMatchObject({ enabled: false, disabledBecause: 'FAILING' })
  }, 30_000)
  scene.receiver.answer = () => 204
  await hook.delete()
})
