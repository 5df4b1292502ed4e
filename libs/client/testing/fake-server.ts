import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Envelope, ErrorCode, Message } from '@chat/contract'
import { Server, type Socket } from 'socket.io'

/** A received event. `at`: performance.now() in ms. */
export type Asked = { event: string; input: unknown; socketId: string; at: number }
type Answer = Envelope<unknown> | null | Promise<Envelope<unknown> | null>
type Handler = (input: never, socket: Socket) => Answer

export const ok = (data: unknown): Envelope<unknown> => ({ success: true, error: null, data })
export const fail = (error: ErrorCode, more: Partial<Envelope<null>> = {}): Envelope<unknown> => ({
  success: false,
  error,
  data: null,
  ...more,
})
export const message = (roomId: string, seq: number) => ({ roomId, seq, _id: `${roomId}-${seq}` }) as Message

/** For tests of the protocol's corner cases: gives the set answers and records the requests. The answer null sends no ack. */
export async function startFakeServer() {
  const http = createServer()
  const io = new Server(http, { transports: ['websocket'] })
  const clients = io.of('/chat')
  const handlers = new Map<string, Handler>()
  const asked: Asked[] = []
  const tokens: unknown[] = []
  const watchers = new Set<() => void>()
  const changed = () => {
    for (const watcher of [...watchers]) watcher()
  }
  const door = { refuse: (_token: unknown): ErrorCode | null => null }

  clients.use((socket, next) => {
    const { token } = socket.handshake.auth
    tokens.push(token)
    const code = door.refuse(token)
    next(code ? Object.assign(new Error(code), { data: { code } }) : undefined)
    changed()
  })
  clients.on('connection', (socket) => {
    socket.onAny(async (event: string, input: unknown, ack: (envelope: unknown) => void) => {
      asked.push({ event, input, socketId: socket.id, at: performance.now() })
      changed()
      const answer = await handlers.get(event)?.(input as never, socket)
      if (answer) ack(answer)
    })
    changed()
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))

  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    clients,
    tokens,
    door,
    answer: (event: string, handler: Handler) => handlers.set(event, handler),
    asked: (event: string) => asked.filter((one) => one.event === event),
    /** Resolves once the condition holds; it is checked after each event of the server. */
    until: (condition: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!condition()) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
    /** Closes every connection without a disconnect packet. */
    cut: () => {
      for (const socket of clients.sockets.values()) socket.conn.close()
    },
    close: () => io.close(),
  }
}
export type FakeServer = Awaited<ReturnType<typeof startFakeServer>>
