import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Checks } from './health.ts'

/** Connections that may wait to be accepted: many clients come back at once after a restart. Node's own default is 511. */
const BACKLOG = 4_096

/** Resolves with the port when the server listens. @throws where the port is taken */
export const listen = (http: Server, port: number, host: string) =>
  new Promise<number>((resolve, reject) => {
    http.once('error', (cause) => {
      reject(
        new Error(
          `Cannot listen on ${host}:${port} (${cause.message}): free it, or set another CHAT_*_PORT or CHAT_HOST`,
          { cause },
        ),
      )
    })
    http.listen({ port, host, backlog: BACKLOG }, () => resolve((http.address() as AddressInfo).port))
  })

/**
 * Is ready no more, and goes on answering for as long as a balancer takes to see it. Connections that it would keep
 * for later requests end with the answer to the one that they carry.
 */
export async function retire(http: Server, checks: Checks, waitMs: number) {
  checks.staying = () => Promise.reject(new Error('is leaving'))
  http.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  if (waitMs > 0) await delay(waitMs)
}

/** Takes nothing new and resolves when what has come is answered. */
export const closeHttp = (http: Server) =>
  new Promise<void>((resolve) => {
    http.close(() => resolve())
    http.closeIdleConnections()
  })

/** The connections of a server, those that became websockets too. `end` waits for nobody at their other ends. */
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
