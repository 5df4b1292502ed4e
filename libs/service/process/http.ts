import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Checks } from './health.ts'

/** Connections that may wait to be accepted: many clients reconnect after a restart. Node's default is 511. */
const BACKLOG = 4_096

export const listen = (http: Server, port: number, host: string) =>
  new Promise<number>((resolve, reject) => {
    http.once('error', (cause) => {
      const remedy = 'free it, or set another CHAT_*_PORT or CHAT_HOST'
      reject(new Error(`Cannot listen on ${host}:${port} (${cause.message}): ${remedy}`, { cause }))
    })
    http.listen({ port, host, backlog: BACKLOG }, () => resolve((http.address() as AddressInfo).port))
  })

/** Fails readiness and answers for `waitMs` more: balancers take the server out. Connections end with their answer. */
export async function retire(http: Server, checks: Checks, waitMs: number) {
  checks.staying = () => Promise.reject(new Error('stopping'))
  http.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  if (waitMs > 0) await delay(waitMs)
}

/** Accepts no more connections, and resolves when open requests are answered. */
export const closeHttp = (http: Server) =>
  new Promise<void>((resolve) => {
    http.close(() => resolve())
    http.closeIdleConnections()
  })

/** The connections of a server, websockets included. `end` destroys them without waiting for clients. */
export function connectionsOf(http: Server) {
  const open = new Set<Socket>()
  http.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return {
    end: () => {
      for (const socket of open) socket.destroy()
    },
  }
}
