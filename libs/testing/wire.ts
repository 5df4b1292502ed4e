import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'

/** A way to a gateway that can be cut, without a goodbye, and mended. */
export async function openWire(url: string) {
  const { hostname, port } = new URL(url)
  const ends = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connectTcp(Number(port), hostname)
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end)
      end.on('error', () => {})
      end.on('close', () => {
        ends.delete(end)
        other.destroy()
      })
      end.pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => {
      isCut = true
      for (const end of ends) end.destroy()
    },
    /** From here on nothing passes, and neither end is told. */
    freeze: () => {
      for (const end of ends) {
        end.unpipe()
        end.pause()
      }
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
