import type { Presence } from '@chat/contract'
import { connectAs, connectPlain, eventually, makeRoom, startService, startTestStack } from '@chat/testing'
import { expect, test } from '@jest/globals'

const A_MINUTE = 60_000

test('after a gateway’s death its users are offline at once, and others get the event within a minute', async () => {
  const stack = await startTestStack({ instances: { rooms: 2 } })
  const [doomed, other] = await Promise.all([startService('gateway', stack), startService('gateway', stack)])
  const ann = await connectAs(stack, 'ann')
  for (const userId of ['ben', 'cho']) await stack.post(`/v1/users/${userId}/token`, {})
  const room = await makeRoom(ann, ['ben', 'cho'])
  await ann.get('joinRoom', room._id)
  const devices = [
    await connectPlain(doomed.url, await stack.token('ben')),
    await connectPlain(doomed.url, await stack.token('cho')),
    await connectPlain(other.url, await stack.token('cho')),
  ]
  const told = (userId: string) =>
    ann.payloads<Presence>('presence').flatMap((p) => (p.userId === userId ? p.online : []))
  await eventually(() => expect([told('ben'), told('cho')]).toEqual([[true], [true]]))
  await doomed.kill()
  await eventually(async () => {
    const { list } = await ann.get<{ list: Presence[] }>('queryPresence', { userIds: ['ben', 'cho'] })
    expect(list).toMatchObject([
      { userId: 'ben', online: false, lastSeenAt: expect.any(String) },
      { userId: 'cho', online: true },
    ])
  })
  await eventually(() => expect(told('ben')).toEqual([true, false]), A_MINUTE)
  expect(told('cho')).toEqual([true])
  for (const client of [ann, ...devices]) client.close()
  await other.kill()
  await stack.close()
}, 120_000)
