import { eventually, makeRoom, sendText } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { newSecret, signedHeaders } from './delivery/signature.ts'
import { type Scene, setScene } from './testing.ts'

let scene: Scene
beforeAll(async () => {
  scene = await setScene({ times: { rotation: 3_000 } })
})
afterAll(() => scene?.close())

test('the reference library verifies signed deliveries and refuses everything else', () => {
  const [secret, other] = [newSecret(), newSecret()]
  const body = JSON.stringify({ type: 'message.created', text: '안녕 "…"' })
  const verify = (by: string, text: string, headers: Record<string, string>) =>
    new Webhook(by).verify(text, headers)
  const headers = signedHeaders('id-1', body, [{ secret, until: null }])
  expect(verify(secret, body, headers)).toEqual(JSON.parse(body))
  expect(() => verify(other, body, headers)).toThrow()
  expect(() => verify(secret, `${body} `, headers)).toThrow()
  expect(() => verify(secret, body, { ...headers, 'webhook-id': 'id-2' })).toThrow()
  const old = signedHeaders('id-1', body, [{ secret, until: null }], new Date(Date.now() - 600_000))
  expect(() => verify(secret, body, old)).toThrow()
})

test('a replaced secret signs beside the new one for a while', async () => {
  const { _id: roomId } = await makeRoom(scene.ann, ['ben'])
  const hook = await scene.makeWebhook({ events: ['message.created'] })
  expect(hook.secret).toMatch(/^whsec_[A-Za-z0-9+/=]{44}$/)
  const rotated = await scene.stack.call('POST', `${hook.place}/secret`, {})
  const { secret } = (rotated.body as { data: { secret: string } }).data
  expect(secret).not.toBe(hook.secret)
  const shown = JSON.stringify([await hook.look(), (await scene.stack.call('GET', '/v1/webhooks')).body])
  for (const each of [secret, hook.secret]) expect(shown).not.toContain(each)

  const signaturesOf = async (by: string) => {
    scene.receiver.secrets.set(hook.path, by)
    const { _id } = await sendText(scene.ann, roomId)
    return eventually(() => {
      expect(hook.received().map(({ id }) => id)).toContain(_id)
      return hook.received().find(({ id }) => id === _id)?.signatures.length
    })
  }
  expect(await signaturesOf(hook.secret)).toBe(2)
  expect(await signaturesOf(secret)).toBe(2)
  await eventually(async () => expect(await signaturesOf(secret)).toBe(1))
  expect(scene.receiver.refused).toEqual([])
  expect(await scene.stack.call('POST', '/v1/webhooks/nothing/secret', {})).toMatchObject({ status: 404 })
})

test('the secrets of concurrent rotations are all valid', async () => {
  const { _id: roomId } = await makeRoom(scene.ann, ['ben'])
  const hook = await scene.makeWebhook({ events: ['message.created'] })
  const made = await Promise.all([1, 2, 3].map(() => scene.stack.call('POST', `${hook.place}/secret`, {})))
  for (const { body } of made) {
    const { secret } = (body as { data: { secret: string } }).data
    scene.receiver.secrets.set(hook.path, secret)
    const { _id } = await sendText(scene.ann, roomId)
    await eventually(() => expect(hook.received().map(({ id }) => id)).toContain(_id))
  }
  expect(scene.receiver.refused).toEqual([])
  await hook.delete()
})

test('webhooks are listed in pages', async () => {
  const made = [await scene.makeWebhook(), await scene.makeWebhook()]
  const ids: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await scene.stack.call('GET', `/v1/webhooks?limit=1${cursor && `&cursor=${cursor}`}`)
    const { list, nextCursor } = (
      body as { data: { list: { webhookId: string }[]; nextCursor: string | null } }
    ).data
    ids.push(...list.map(({ webhookId }) => webhookId))
    cursor = nextCursor
  }
  expect(ids.slice(-2)).toEqual(made.map(({ webhookId }) => webhookId))
  for (const each of made) await each.delete()
})
