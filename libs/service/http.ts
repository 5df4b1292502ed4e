import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Resolves with the port when the server listens. @throws where the port is taken */
export const listen = (http: Server, port: number, host: string) =>
  new Promise<number>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => resolve((http.address() as AddressInfo).port))
  })

/** Takes nothing new and resolves when what has come is answered. */
export const closeHttp = (http: Server) =>
  new Promise<void>((resolve) => {
    http.close(() => resolve())
    http.closeIdleConnections()
  })
