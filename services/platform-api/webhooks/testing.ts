import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse, type WebhookDelivery, type WebhookType, webhookKinds } from '@chat/contract'
import { connectAs, makeRoom, startTestStack, type TestStack } from '@chat/testing'
import { Webhook } from 'standardwebhooks'
import type { Times } from './times.ts'

/** A received delivery. */
export type Received = {
  id: string
  type: WebhookType
  timestamp: string
  data: never
  path: string
  signatures: string[]
  at: number
}
type Reply = number | { status: number; headers: Record<string, string> }
/** null: the receiver never answers. */
type Answer = (received: Received) => Reply | null | Promise<Reply | null>

/** Fast enough for tests, slow enough for slow machines. */
export const quick = {
  delays: [50, 100, 200],
  pause: 20,
  maxPause: 200,
  poll: 50,
} satisfies Partial<Times>

/** A webhook endpoint. It verifies every signature with the reference library. */
export async function openReceiver(port = 0) {
  const state = {
    /** Deliveries with a valid signature and payload, in the order in which they came. */
    received: [] as Received[],
    /** Why others were refused. */
    refused: [] as unknown[],
    secrets: new Map<string, string>(),
    answer: ((): number => 204) as Answer,
    /** Requests without an answer: now, and at most so far. */
    open: 0,
    mostOpen: 0,
  }
  const server = createServer(async (request, response) => {
    state.mostOpen = Math.max(state.mostOpen, ++state.open)
    response.on('close', () => state.open--)
    const body = await bodyOf(request)
    try {
      const received = read(request, body, state.secrets)
      state.received.push(received)
      const reply = await state.answer(received)
      if (reply === null) return
      const { status, headers = {} } = typeof reply === 'number' ? { status: reply } : reply
      response.writeHead(status, headers).end()
    } catch (error) {
      state.refused.push(error)
      response.writeHead(400).end()
    }
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const { port: own } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return Object.assign(state, {
    port: own,
    url: `http://127.0.0.1:${own}`,
    close,
    of: (path: string) => state.received.filter((received) => received.path === path),
  })
}
export type Receiver = Awaited<ReturnType<typeof openReceiver>>

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** @throws the reference library's errors, and INVALID_REQUEST for a payload that the contract does not have */
function read(request: IncomingMessage, body: string, secrets: Map<string, string>): Received {
  const path = request.url ?? ''
  const headers = request.headers as Record<string, string>
  const payload = new Webhook(secrets.get(path) ?? '').verify(body, headers) as Received
  parse(webhookKinds[payload.type].data, payload.data)
  return {
    ...payload,
    ...{ id: headers['webhook-id'] as string, path, at: performance.now() },
    signatures: (headers['webhook-signature'] as string).split(' '),
  }
}

type Made = { webhookId: string; secret: string; url: string }

/** Creates a webhook with its own path and gives the receiver its secret. */
export async function makeWebhook(stack: Pick<TestStack, 'call'>, receiver: Receiver, wish: object = {}) {
  const path = `/${crypto.randomUUID()}`
  const { status, body } = await stack.call('POST', '/v1/webhooks', { url: receiver.url + path, ...wish })
  if (status !== 201) throw new Error(JSON.stringify(body))
  const { data } = body as { data: Made }
  receiver.secrets.set(path, data.secret)
  const place = `/v1/webhooks/${data.webhookId}`
  return {
    ...data,
    path,
    place,
    received: () => receiver.of(path),
    look: async () => ((await stack.call('GET', place)).body as { data: object }).data,
    log: async (query = '') => {
      const answer = await stack.call('GET', `${place}/deliveries${query}`)
      return (answer.body as { data: { list: WebhookDelivery[]; nextCursor: string | null } }).data
    },
    delete: () => stack.call('DELETE', place),
  }
}
export type TestWebhook = Awaited<ReturnType<typeof makeWebhook>>

type Setting = {
  times?: Partial<Times>
  instances?: NonNullable<Parameters<typeof startTestStack>[0]>['instances']
}

/** A stack with a receiver, and ann in a room with ben. */
export async function setScene({ times = {}, instances = {} }: Setting = {}) {
  const receiver = await openReceiver()
  const stack = await startTestStack({
    ...{ instances, webhookTimes: { ...quick, ...times } },
    config: { webhooksMayBePrivate: true },
  })
  const [ben, cho, ann] = await Promise.all(['ben', 'cho', 'ann'].map((each) => connectAs(stack, each)))
  if (!ann || !ben || !cho) throw new Error('nobody is there')
  return {
    ...{ stack, receiver, ann, ben },
    roomId: (await makeRoom(ann, ['ben']))._id,
    makeWebhook: (wish?: object) => makeWebhook(stack, receiver, wish),
    close: async () => {
      for (const who of [ann, ben, cho]) who.close()
      await stack.close()
      await receiver.close()
    },
  }
}
export type Scene = Awaited<ReturnType<typeof setScene>>
