import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { ServiceAccount } from '../senders/service-account.ts'
import { pem } from './loopback.ts'

// FCM's HTTP API on this machine, by its reference, for tests of the real sender.

export type FcmMessage = {
  token: string
  notification?: { title: string; body: string }
  data: Record<string, string>
  android?: { collapse_key?: string; priority?: string; notification?: Record<string, unknown> }
  apns?: { headers: Record<string, string>; payload: { aps: Record<string, unknown> } }
  webpush?: { headers: Record<string, string>; notification?: Record<string, unknown> }
}
export type Received = { message: FcmMessage; at: number }
/** Google's error names; `hang` never answers. */
export type Answer = 'ok' | 'hang' | keyof typeof failures

const failures = {
  UNREGISTERED: { code: 404, status: 'NOT_FOUND', message: 'Requested entity was not found.' },
  INVALID_TOKEN: {
    ...{ code: 400, status: 'INVALID_ARGUMENT' },
    message: 'The registration token is not a valid FCM registration token',
  },
  INVALID_ARGUMENT: {
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'Request contains an invalid argument.',
  },
  SENDER_ID_MISMATCH: { code: 403, status: 'PERMISSION_DENIED', message: 'SenderId mismatch' },
  QUOTA_EXCEEDED: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded.' },
  INTERNAL: { code: 500, status: 'INTERNAL', message: 'Internal error.' },
  UNAVAILABLE: { code: 503, status: 'UNAVAILABLE', message: 'The service is unavailable.' },
}
const FCM_ERROR = 'type.googleapis.com/google.firebase.fcm.v1.FcmError'
const errorOf = (answer: keyof typeof failures) => {
  const errorCode = answer === 'INVALID_TOKEN' ? 'INVALID_ARGUMENT' : answer
  return { error: { ...failures[answer], details: [{ '@type': FCM_ERROR, errorCode }] } }
}

/** Credentials that the stand-in accepts. */
export const testAccount = (): ServiceAccount => ({
  projectId: 'chat-test',
  clientEmail: 'push@chat-test.iam.gserviceaccount.com',
  privateKey: generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey,
})

export async function startFcm() {
  const stand = new FcmStandIn()
  const server = createSecureServer({ key: pem, cert: pem, allowHTTP1: true }, (request, response) => {
    stand.serve(request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new Set<Socket>()
  server.on('session', (session) => session.on('error', () => {}))
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return Object.assign(stand, {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
}
export type Fcm = Awaited<ReturnType<typeof startFcm>>

class FcmStandIn {
  /** Every received request, answered or not. */
  readonly received: Received[] = []
  /** The next answers for a device; after them, and for other devices, `usual`. */
  readonly answers = new Map<string, Answer[]>()
  usual: Answer = 'ok'
  /** The delay of each answer, in ms. */
  pauseMs = 0
  /** Whether it issues access tokens. */
  isOpen = true
  /** The highest number of pushes that were unanswered at a time. */
  mostAtOnce = 0
  private unanswered = 0

  /** The messages received for a device, except silent ones. */
  shownOn = (token: string) =>
    this.received.map(({ message }) => message).filter((each) => each.token === token && each.notification)

  silentOn = (token: string) =>
    this.received.map(({ message }) => message).filter((each) => each.token === token && !each.notification)

  private authorize(response: Http2ServerResponse) {
    if (!this.isOpen) return reply(response, 400, { error: 'invalid_grant' })
    reply(response, 200, { access_token: 't', expires_in: 3_600, token_type: 'Bearer' })
  }

  async serve(request: Http2ServerRequest, response: Http2ServerResponse) {
    const body = await textOf(request)
    if (request.url === '/token') return this.authorize(response)
    const { message } = JSON.parse(body) as { message: FcmMessage }
    this.received.push({ message, at: Date.now() })
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.unanswered)
    response.once('close', () => this.unanswered--)
    const answer = this.answers.get(message.token)?.shift() ?? this.usual
    if (answer === 'hang') return
    if (this.pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, this.pauseMs))
    if (answer === 'ok') return reply(response, 200, { name: `${request.url}/${this.received.length}` })
    reply(response, failures[answer].code, errorOf(answer))
  }
}

async function textOf(request: Http2ServerRequest): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

function reply(response: Http2ServerResponse, status: number, body: object) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
