import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { joinEnds } from '@chat/testing'

const CHECK_EVERY_MS = 100

/**
 * A TCP load balancer before the instances of an edge. A new connection goes to the next ready instance, and to another
 * one if that refuses it.
 */
export async function openBalancer(ports: number[]) {
  const ready = new Set<number>()
  const sockets = new Set<Socket>()
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
    joinEnds(near, far, sockets)
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
    /** The ports of the instances that are ready. */
    ready,
    close: async () => {
      closing.abort()
      server.close()
      for (const end of sockets) end.destroy()
      await watching
    },
  }
}
