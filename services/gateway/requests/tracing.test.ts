import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import {
  connectAs,
  eventually,
  makeRoom,
  type PlainClient,
  type ServiceProcess,
  sendText,
  startService,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

// One trace follows an event across processes, from the socket to the store.

type Span = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  attributes: { key: string; value: { stringValue?: string } }[]
  service?: string | undefined
}
type Export = {
  resourceSpans: {
    resource: { attributes: Span['attributes'] }
    scopeSpans: { spans: Span[] }[]
  }[]
}

const spans: Span[] = []
let collector: Server
let stack: TestStack
let messages: ServiceProcess
let ann: PlainClient

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    if (request.url === '/v1/traces') take((await json(request)) as Export)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(collector, 'listening')
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
  stack = await startTestStack({ instances: { messages: 0 }, config: { tracing: { url, ratio: 1 } } })
  messages = await startService('messages', stack)
  ann = await connectAs(stack, 'ann')
  ;(await connectAs(stack, 'ben')).close()
})
afterAll(async () => {
  ann?.close()
  await messages?.stop()
  await stack?.close()
  collector?.close()
})

const textOf = (attributes: Span['attributes'], name: string) =>
  attributes.find(({ key }) => key === name)?.value.stringValue

function take({ resourceSpans }: Export) {
  for (const { resource, scopeSpans } of resourceSpans)
    for (const scope of scopeSpans)
      for (const span of scope.spans)
        spans.push({ ...span, service: textOf(resource.attributes, 'service.name') })
}

const named = (name: string, of: Span[] = spans) => of.filter((span) => span.name === name)

/** The names of the spans from the event down to this one. */
function pathTo(span: Span | undefined): string[] {
  const parent = spans.find(({ spanId }) => spanId === span?.parentSpanId)
  return span ? [...pathTo(parent), `${span.service} ${span.name}`] : []
}

test('a message is one trace from the socket to the store', async () => {
  const room = await makeRoom(ann, ['ben'])
  await sendText(ann, room._id)
  await eventually(() => {
    const [event] = named('sendMessage')
    const own = spans.filter(({ traceId }) => traceId === event?.traceId)
    expect(event?.parentSpanId ?? '').toBe('')
    expect(pathTo(named('insert messages', own)[0])).toEqual([
      'chat sendMessage',
      'chat messages.sendMessage',
      'chat-messages messages.sendMessage',
      'chat-messages store message',
      'chat-messages insert messages',
    ])
    expect(pathTo(named('publish event', own)[0])).toEqual([
      'chat sendMessage',
      'chat messages.sendMessage',
      'chat-messages messages.sendMessage',
      'chat-messages publish event',
    ])
    expect(textOf(event?.attributes ?? [], 'chat.code')).toBe('OK')
  })
})

test('each message of a group commit has the insert in its trace', async () => {
  const room = await makeRoom(ann, ['ben'])
  spans.length = 0
  const sent = await Promise.all(Array.from({ length: 20 }, (_, n) => sendText(ann, room._id, `number ${n}`)))
  await eventually(() => {
    const traces = new Set(named('sendMessage').map(({ traceId }) => traceId))
    expect(traces.size).toBe(sent.length)
    expect(new Set(named('store message').map(({ traceId }) => traceId))).toEqual(traces)
    expect(named('insert messages').length).toBeGreaterThan(0)
    expect(named('insert messages').length).toBeLessThan(sent.length)
  })
})

test('a trace contains no authors, rooms or texts', async () => {
  const room = await makeRoom(ann, ['ben'])
  spans.length = 0
  await sendText(ann, room._id, 'a word that nobody is to see')
  await eventually(() => expect(named('publish event')).toHaveLength(1))
  const told = JSON.stringify(spans)
  for (const secret of ['a word that nobody is to see', room._id, '"ann"']) expect(told).not.toContain(secret)
})

test('a platform request continues the trace of its traceparent header', async () => {
  const traceId = 'c0ffee00000000000000000000000001'
  const headers = { traceparent: `00-${traceId}-00000000000000a1-01` }
  await stack.call('GET', '/v1/users/nobody', undefined, headers)
  await eventually(() =>
    expect(spans.filter((span) => span.traceId === traceId).map(({ name }) => name)).toContain(
      'platform GET',
    ),
  )
})
