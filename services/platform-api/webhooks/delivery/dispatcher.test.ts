import { startStackService } from '@chat/stack/testing'
import { connectAs, eventually, makeRoom, sendText, startTestStack, testApiKey } from '@chat/testing'
import { expect, test } from '@jest/globals'
import { makeWebhook, openReceiver, quick } from '../testing.ts'

test('a failed delivery holds back the later ones of its room, also over a restart', async () => {
  const receiver = await openReceiver()
  const stack = await startTestStack({
    config: { webhooksMayBePrivate: true },
    instances: { platformApis: 0 },
    webhookTimes: { ...quick, delays: [4_000] },
  })
  let running = await startStackService('platform-api', stack)
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${running.port}${path}`, {
      method,
      headers: { 'chat-api-key': testApiKey, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, body: (await response.json()) as never }
  }
  ;(await connectAs(stack, 'ben')).close()
  const ann = await connectAs(stack, 'ann')
  const { _id: roomId } = await makeRoom(ann, ['ben'])
  const hook = await makeWebhook({ call }, receiver, { events: ['message.created'] })
  const heard = () => hook.received().map(({ id }) => id)

  receiver.answer = () => (receiver.received.length === 1 ? 204 : 503)
  // One success first: a failing endpoint gets single deliveries, whatever the room.
  await sendText(ann, roomId, 'warm')
  await eventually(() => expect(heard()).toHaveLength(1))
  const first = await sendText(ann, roomId, 'first')
  await eventually(async () =>
    expect((await hook.log('?state=WAITING')).list).toMatchObject([{ deliveryId: first._id, tries: 1 }]),
  )
  receiver.answer = () => 204
  await running.close()
  running = await startStackService('platform-api', stack)
  const second = await sendText(ann, roomId, 'second')
  await eventually(() => expect(heard()).toContain(second._id))
  expect(heard().slice(2)).toEqual([first._id, second._id])

  ann.close()
  await running.close()
  await stack.close()
  await receiver.close()
})
