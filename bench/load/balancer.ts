import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { joinEnds } from '@chat/testing'

const CHECK_EVERY_MS = 100

/**
 * What stands before the instances of an edge: a new connection goes to the next one that says it is ready, and to
 * another one where that refuses it.
 */
export async function openBalancer(ports: number[]) {
  const ready = new Set<number>()
  const ends = new Set<Socket>()
  let turn = 0
  const closing = new AbortController()
  const server = createServer((near) => {
    const start = turn++
    const order = ports.map((_, index) => ports[(start + index) % ports.length] as number)
    near.pause()
    void join(near, [...order.filter((port) => ready.has(port)), ...order])
  }).listen(0, '127.0.0.1')

  async function join(near: Socket, [port, ...others]: number[]): Promise<void> {
    if (port === undefined) return void near.destroy()
    const far = connect(port, '127.0.0.1')
    try {
      await once(far, 'connect')
    } catch {
      return join(near, others)
    }
    joinEnds(near, far, ends)
  }

  async function check(port: number) {
    const signal = AbortSignal.timeout(CHECK_EVERY_MS * 20)
    const isReady = await fetch(`http://127.0.0.1:${port}/readyz`, { signal }).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) ready.add(port)
    else ready.delete(port)
  }

  async function watch() {
    while (!closing.signal.aborted) {
      await Promise.all(ports.map(check))
      await delay(CHECK_EVERY_MS, undefined, { signal: closing.signal }).catch(() => {})
    }
  }
  const watching = watch()
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Where it sends new connections to. */
    ready,
    close: async () => {
      closing.abort()
      server.close()
      for (const end of ends) end.destroy()
      await watching
    },
  }
}
