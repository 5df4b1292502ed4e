import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import type { Envelope, Export, Room } from '@chat/contract'
import {
  connectAs,
  eventually,
  makeRoom,
  type PlainClient,
  sendText,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { SMTPServer } from 'smtp-server'

type Mail = { from: string; to: string[]; text: string }

let stack: TestStack
let server: SMTPServer
let ann: PlainClient
let ben: PlainClient
let room: Room
let mails: Mail[] = []
/** The server's next answers to recipients; it accepts a recipient when none is left. */
let refusals: { code: number; address: string }[] = []
/** How many more mails the server refuses for want of authentication, as while its password is being changed. */
let closedFor = 0

beforeAll(async () => {
  server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onMailFrom: (_address, _session, answer) => {
      const isClosed = closedFor > 0
      if (isClosed) closedFor -= 1
      answer(isClosed ? Object.assign(new Error('authentication required'), { responseCode: 530 }) : null)
    },
    onRcptTo: ({ address }, _session, answer) => {
      const refusal = refusals.findIndex((each) => each.address === address)
      const [{ code } = { code: 0 }] = refusal < 0 ? [] : refusals.splice(refusal, 1)
      answer(code === 0 ? null : Object.assign(new Error('not now'), { responseCode: code }))
    },
    onData: (stream, { envelope }, done) => {
      const take = async () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), text: await textOf(stream) })
      }
      void take().then(() => done(), done)
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const mail = { url: `smtp://127.0.0.1:${port}`, from: 'Chat <no-reply@example.com>' }
  stack = await startTestStack({ config: { mail }, instances: { messages: 2 } })
  ann = await connectAs(stack, 'ann')
  ben = await connectAs(stack, 'ben')
})
afterAll(async () => {
  for (const client of [ann, ben]) client?.close()
  await stack?.close()
  await new Promise<void>((resolve) => server.close(() => resolve()))
})
beforeEach(async () => {
  mails = []
  refusals = []
  closedFor = 0
  room = await makeRoom(ann, ['ben'])
  await sendText(ben, room._id, 'hello')
})

const start = async (who: PlainClient, email: string) =>
  (await who.get<{ exportId: string }>('exportMessages', { roomId: room._id, format: 'TXT', email })).exportId
/** The decoded body of a mail. */
function bodyOf({ text }: Mail): string {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  if (/base64/i.test(head)) return Buffer.from(body, 'base64').toString()
  const bytes = body
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
const arrived = (count = 1) =>
  eventually(() => {
    expect(mails).toHaveLength(count)
    return mails[count - 1] as Mail
  })

test('the link is mailed to the given address and opens the file', async () => {
  const exportId = await start(ann, 'ann+chat@example.com')
  const mail = await arrived()
  expect(mail).toMatchObject({ from: 'no-reply@example.com', to: ['ann+chat@example.com'] })
  expect(mail.text).toContain(`Message-ID: <${exportId}@example.com>`)
  const [link = 'no link'] = bodyOf(mail).match(/http\S+/) ?? []
  expect(await (await fetch(link)).text()).toContain('ben: hello')
  // A user who gets a mail gets no event.
  expect(
    ann.payloads<{ exportId: string }>('exportReady').filter((ready) => ready.exportId === exportId),
  ).toEqual([])
})

test('a mail is retried if the server is busy, not if it refuses; the link is available in both cases', async () => {
  refusals.push({ code: 451, address: 'ann@example.com' })
  const late = await start(ann, 'ann@example.com')
  expect((await arrived()).text).toContain(`<${late}@example.com>`)
  refusals.push({ code: 550, address: 'ben@example.com' })
  const exportId = await start(ben, 'ben@example.com')
  await eventually(async () => {
    const found = await ben.get<Export>('getExport', { exportId })
    expect(found).toMatchObject({ state: 'READY', url: expect.any(String) })
    expect(refusals).toEqual([])
  })
  const again = await eventually(() => start(ben, 'other@example.com'))
  expect((await arrived(2)).text).toContain(`<${again}@example.com>`)
})

test('a mail is retried if the server refuses the sign-in, since the password may be changing', async () => {
  closedFor = 2
  const exportId = await eventually(() => start(ann, 'ann@example.com'))
  expect((await arrived()).text).toContain(`<${exportId}@example.com>`)
  expect(closedFor).toBe(0)
})

test('a platform can have an export mailed, too', async () => {
  const { body } = await stack.post('/v1/exports', {
    roomId: room._id,
    format: 'CSV',
    email: 'x@example.com',
  })
  const { exportId } = (body as Envelope<{ exportId: string }>).data as { exportId: string }
  expect((await arrived()).text).toContain(`<${exportId}@example.com>`)
})

test('a user who has left the room when the export is ready gets no mail', async () => {
  const own = await makeRoom(ann, ['ben'])
  const input = { roomId: own._id, format: 'TXT', email: 'ben@example.com' }
  refusals.push(...Array(3).fill({ code: 451, address: 'ben@example.com' }))
  await eventually(async () => expect((await ben.ask('exportMessages', input)).error).toBeNull())
  await eventually(() => expect(refusals.length).toBeLessThan(3))
  await ann.get('kickOutUsers', { roomId: own._id, targetUserIds: ['ben'] })
  expect(
    (await ben.get<{ list: Export[] }>('listExports', {})).list.map(({ roomId }) => roomId),
  ).not.toContain(own._id)
  await start(ann, 'ann@example.com')
  expect((await arrived()).to).toEqual(['ann@example.com'])
})
