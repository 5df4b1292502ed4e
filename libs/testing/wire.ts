import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'
import { joinEnds } from './joining.ts'

/** A TCP proxy that can be cut without closing connections, and mended. */
export async function openWire(url: string) {
  let { hostname, port } = new URL(url)
  const ends = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connectTcp(Number(port), hostname)
    joinEnds(near, far, ends)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true
      for (const end of ends) end.destroy()
    },
    /** Nothing passes any more, and neither end notices. */
    freeze: () => {
      for (const end of ends) {
        end.unpipe()
        end.pause()
      }
    },
    /** Sends new connections to another address. */
    sendTo: (other: string) => {
      ;({ hostname, port } = new URL(other))
    },
    mend: () => {
      isCut = false
    },
    close: () => {
      for (const end of ends) end.destroy()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
export type Wire = Awaited<ReturnType<typeof openWire>>
