import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

type Use = { publish: Set<string>; subscribe: Set<string> }

/** A proxy to NATS that records what each user publishes and subscribes to, as `subject` or `subject queue`. */
export async function openNatsTap(natsUrl: string) {
  const { hostname, port } = new URL(natsUrl)
  const uses = new Map<string, Use>()
  const refusals: string[] = []
  const usesOf = (user: string) => {
    const use = uses.get(user) ?? { publish: new Set(), subscribe: new Set() }
    uses.set(user, use)
    return use
  }
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    const reader = new Reader(usesOf)
    near.on('data', (bytes) => reader.read(bytes))
    far.on('data', (bytes: Buffer) => {
      refusals.push(...(bytes.toString('latin1').match(/-ERR '[^\r]*/g) ?? []))
    })
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      end.on('error', () => {})
      end.on('close', () => other.destroy())
      end.pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    usesOf,
    /** Refusals of the server, in its words. */
    refusals,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

/** The lines of a client's protocol, without payloads. */
class Reader {
  private readonly usesOf: (user: string) => Use
  private use: Use | undefined
  private rest = Buffer.alloc(0)
  private skipping = 0

  constructor(usesOf: (user: string) => Use) {
    this.usesOf = usesOf
  }

  read(bytes: Buffer) {
    let left = Buffer.concat([this.rest, bytes])
    for (;;) {
      const skipped = Math.min(this.skipping, left.length)
      this.skipping -= skipped
      left = left.subarray(skipped)
      const end = left.indexOf('\r\n')
      if (end === -1) break
      this.hear(left.toString('utf8', 0, end))
      left = left.subarray(end + 2)
    }
    this.rest = left
  }

  private hear(line: string) {
    const [verb, subject = '', ...more] = line.split(' ')
    if (verb === 'CONNECT') this.use = this.usesOf(JSON.parse(line.slice('CONNECT '.length)).user ?? '')
    else if (verb === 'SUB') this.use?.subscribe.add(more.length > 1 ? `${subject} ${more[0]}` : subject)
    else if (verb === 'PUB' || verb === 'HPUB') {
      this.use?.publish.add(subject)
      this.skipping = Number(more.at(-1)) + 2
    }
  }
}
