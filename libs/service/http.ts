import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

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

/** Takes nothing new and resolves when what has come is answered. */
export const closeHttp = (http: Server) =>
  new Promise<void>((resolve) => {
    http.close(() => resolve())
    http.closeIdleConnections()
  })
