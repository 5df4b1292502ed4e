import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** A free port, the preferred one if possible; none of outgoing connections: a client could take it. */
export async function freePort(preferred: number | undefined, taken: number[]): Promise<number> {
  for (let port = preferred ?? randomPort(); ; port = randomPort()) {
    if (!taken.includes(port) && (await isFree(port))) return port
  }
}

const randomPort = () => randomInt(20_000, 32_000)

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
