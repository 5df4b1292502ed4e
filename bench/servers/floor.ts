import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { Server as SocketServer } from 'socket.io'
import { answerParent } from '../child-process.ts'
import { readMemory, type Server } from './server.ts'

const SUBJECT = `floor${process.pid}.echo`
const TIMEOUT_MS = 2_000

type Draft = { syncKey: string; roomId: string; data: { type: string; content: string } }
type Ack = (answer: unknown) => void

let edge: NatsConnection | undefined
let echo: NatsConnection | undefined
let made = 0
const lastSeqs = new Map<string, number>()

/** As large as the product's message, so that both send the same number of bytes. */
function messageOf({ syncKey, roomId, data }: Draft) {
  const seq = (lastSeqs.get(roomId) ?? 0) + 1
  lastSeqs.set(roomId, seq)
  const now = new Date().toISOString()
  return {
    _id: `${roomId}-${String(seq).padStart(10, '0')}`,
    syncKey,
    roomId,
    seq,
    author: { authorId: 'room0-user0', nickName: 'room0-user0', profileUrl: null },
    data: { type: data.type, content: { text: data.content } },
    replyTo: null,
    mentions: [],
    meta: null,
    status: { deleted: false, hidden: false },
    unReadUserCount: 0,
    createdAt: now,
    updatedAt: now,
  }
}

/** The least work of a chat over socket.io and NATS: one request and one fan-out, without checks or storage. */
const server: Server = {
  start: async ({ natsUrl }) => {
    const options = { servers: new URL(natsUrl).host, noAsyncTraces: true }
    edge = await connect(options)
    echo = await connect(options)
    echo.subscribe(SUBJECT, {
      queue: 'floor',
      callback: (_error, request) => void request.respond(request.data),
    })
    await echo.flush()
    const http = createServer().listen(0, '127.0.0.1')
    await once(http, 'listening')
    const clients = new SocketServer(http, { transports: ['websocket'], serveClient: false }).of('/chat')
    clients.on('connection', (socket) => {
      socket.on('joinRoom', async (roomId: string, ack: Ack) => {
        await socket.join(roomId)
        ack({ success: true, error: null, data: { result: true } })
      })
      socket.on('sendMessage', async (draft: Draft, ack: Ack) => {
        const body = JSON.stringify(messageOf(draft))
        const reply = await edge?.request(SUBJECT, body, { timeout: TIMEOUT_MS })
        const message = reply?.json()
        clients.to(draft.roomId).emit(`listenMessage_${draft.roomId}`, message)
        ack({ success: true, error: null, data: { result: true, message } })
      })
    })
    return { url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`, database: null }
  },
  makeRooms: async ({ rooms, members }) =>
    Array.from({ length: rooms }, () => ({
      roomId: `00000000000000000000${String(made++).padStart(4, '0')}`,
      tokens: Array.from({ length: members }, () => 'nobody looks'),
    })),
  memory: readMemory,
}

answerParent(server, async () => {
  await edge?.close()
  await echo?.close()
})
