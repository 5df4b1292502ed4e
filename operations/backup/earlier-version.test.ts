import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { Message } from '@chat/contract'
import { openBucket } from '@chat/service'
import type { TestStack } from '@chat/testing'
import { connectAs, eventually, listed, openTestBus, sendText, startTestStack } from '@chat/testing'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import mongoose, { type mongo } from 'mongoose'
import { load } from './documents.ts'
import { collectionFile, readManifest, type Stores } from './layout.ts'
import { uploadObjects } from './objects.ts'
import { restoreBackup } from './restore.ts'
import type { World } from './testing/small-world.ts'
import { readWorld } from './testing/world-answers.ts'

// What commit c8334e7 stored and answered: testing/make-fixture.ts made the fixture with that version.

const fixture = fileURLToPath(new URL('./fixtures/c8334e7/', import.meta.url))
const folder = `${fixture}backup`
type Expected = {
  world: World
  answers: Awaited<ReturnType<typeof readWorld>>
  /** By `<database>/<collection>`. */
  indexes: Record<string, mongo.IndexDescriptionInfo[]>
}
const expected = JSON.parse(gunzipSync(await readFile(`${fixture}expected.json.gz`)).toString()) as Expected
const { world, answers } = expected
const [group, , , unread] = world.roomIds as [string, string, string, string]
type Engines = Pick<TestStack, 'mongoUrl' | 's3Url' | 'natsUrl' | 'natsUrlOf'>

async function restore(engines: Engines, stores: Stores) {
  const bus = await openTestBus({ ...engines, root: stores.root })
  await restoreBackup({ stores, bus, folder, log: () => {} })
  await bus.close()
}

/** Fills the stores as that version left them: with its indexes, and without the command that restores. */
async function leaveInPlace(_engines: Engines, { mongoUrl, s3Url, bucket, root }: Stores) {
  const connection = await mongoose.createConnection(mongoUrl).asPromise()
  const { documents } = await readManifest(folder)
  for (const [place, indexes] of Object.entries(expected.indexes)) {
    const [name, collectionName] = place.split('/') as [string, string]
    const collection = (connection.useDb(`${root}_${name}`).db as mongo.Db).collection(collectionName)
    for (const { key, v: _, ns: __, ...options } of indexes) await collection.createIndex(key, options)
    if (documents[place] !== undefined) await load(collectionFile(folder, place), collection)
  }
  await connection.close()
  const target = await openBucket({ url: s3Url, bucket })
  await uploadObjects(folder, target)
  target.close()
}

describe.each([
  ['restored from a backup', restore],
  ['in place', leaveInPlace],
])('the data of c8334e7, %s', (_, fill) => {
  let stack: TestStack
  const search = async (userId: string, keyword: string) => {
    const client = await connectAs(stack, userId)
    const { list } = await client.get<{ list: Message[] }>('searchMessages', { keyword })
    client.close()
    return list.map(({ data }) => data.content.text)
  }

  beforeAll(async () => {
    const engines = await startTestStack()
    await engines.close()
    const root = `${engines.root}e`
    const { mongoUrl, s3Url } = engines
    await fill(engines, { mongoUrl, s3Url, bucket: `chat-${root}`, root })
    stack = await startTestStack({ root, config: { webhooksMayBePrivate: true } })
  })
  afterAll(() => stack?.close())

  test('are answered as by that version: lists, counts, pages, sync, search, files, webhooks', async () => {
    await eventually(async () => expect(await readWorld(stack, world)).toMatchObject(answers))
  })

  test('take new messages, changes and cursors, which are counted and found like those of before', async () => {
    const [ann, cho] = [await connectAs(stack, 'ann'), await connectAs(stack, 'cho')]
    const before = await listed(cho, unread)
    const message = await sendText(ann, unread, '읽지 않은 새 글')
    expect(message.seq).toBe((before?.lastSeq ?? 0) + 1)
    await eventually(async () => {
      expect((await listed(cho, unread))?.unReadMsgCount).toBe((before?.unReadMsgCount ?? 0) + 1)
      expect(await search('cho', '읽지')).toHaveLength(10)
    })
    const old = `${unread}-0000000006`
    const ben = await connectAs(stack, 'ben')
    await ben.get('editMessage', { roomId: unread, messageId: old, text: '바꾼 글' })
    await ben.get('deleteMessage', { roomId: unread, messageId: `${unread}-0000000007` })
    await eventually(async () => {
      expect(await search('cho', '바꾼')).toEqual(['바꾼 글'])
      expect(await search('cho', '읽지')).toHaveLength(8)
      expect((await listed(cho, unread))?.unReadMsgCount).toBe(before?.unReadMsgCount)
    })
    await cho.get('updateReadMessage', { roomId: unread, messageId: message._id })
    expect((await listed(cho, unread))?.unReadMsgCount).toBe(0)
    for (const client of [ann, ben, cho]) client.close()
  })

  test('keep who may do what: the muted, banned and blocked, masters and banned words', async () => {
    const [ann, dan] = [await connectAs(stack, 'ann'), await connectAs(stack, 'dan')]
    const draft = (text: string) => ({
      ...{ syncKey: crypto.randomUUID(), roomId: group },
      data: { type: 'TEXT', content: text },
    })
    expect((await dan.ask('sendMessage', draft('hello'))).error).toBe('USER_IS_MUTED')
    expect((await ann.ask('sendMessage', draft('a secretword'))).error).toBe('MESSAGE_HAS_BANNED_WORD')
    expect((await ann.ask('inviteRoom', { roomId: group, targetUserIds: ['eve'] })).error).toBe(
      'USER_IS_BANNED',
    )
    for (const client of [ann, dan]) client.close()
  })

  test('tell new messages to the webhook, signed with its secret', async () => {
    const { webhookId, secret } = world.webhook
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
    const told: { text: string | undefined; isSigned: boolean }[] = []
    const receiver = createServer(async (request, response) => {
      const body = (await request.toArray()).join('')
      const header = (name: string) => request.headers[`webhook-${name}`] as string
      const signed = `${header('id')}.${header('timestamp')}.${body}`
      const signature = createHmac('sha256', key).update(signed).digest('base64')
      const { data } = JSON.parse(body) as { data: { message?: Message } }
      const isSigned = header('signature').split(' ').includes(`v1,${signature}`)
      told.push({ text: data.message?.data.content.text, isSigned })
      response.writeHead(204).end()
    }).listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    const { port } = receiver.address() as AddressInfo
    await stack.call('PATCH', `/v1/webhooks/${webhookId}`, {
      url: `http://127.0.0.1:${port}/`,
      enabled: true,
    })
    const ann = await connectAs(stack, 'ann')
    await sendText(ann, unread, 'for the webhook')
    ann.close()
    await eventually(() => expect(told).toContainEqual({ text: 'for the webhook', isSigned: true }))
    receiver.close()
  })
})
