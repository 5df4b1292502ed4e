import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'
import { joinEnds } from './joining.ts'

/** A TCP proxy that can be cut without closing connections, and mended. */
export async function openWire(url: string) {
  let { hostname, port } = new URL(url)
  const ends = new Set<Socket>()
  let isCut = false
  let lost: { text: string; done: () => void } | null = null
  const server = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connectTcp(Number(port), hostname)
    joinEnds(near, far, ends)
    near.on('data', (bytes: Buffer) => {
      if (!lost || !bytes.includes(lost.text)) return
      const { done } = lost
      lost = null
      far.unpipe(near)
      far.once('data', () => {
        far.destroy()
        done()
      })
      far.resume()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `ws://${host}`,
    /** The given URL, but to the proxy. */
    through: Object.assign(new URL(url), { host }).href,
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
    /** Ends the connection in place of the answer to the next request with this text. Resolves when it has done so. */
    loseAnswer: (text: string) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      lost = { text, done: resolve }
      return promise
    },
    close: () => {
      for (const end of ends) end.destroy()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
export type Wire = Awaited<ReturnType<typeof openWire>>
