import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

type Use = { publish: Set<string>; subscribe: Set<string> }

/**
 * A proxy to NATS that records what each user publishes and subscribes to, as `subject` or `subject queue`, and that
 * loses messages on the way from or to a client.
 */
export async function openNatsTap(natsUrl: string) {
  const { hostname, port } = new URL(natsUrl)
  const losses = new Map<string, () => void>()
  const uses = new Map<string, Use>()
  const refusals: string[] = []
  const usesOf = (user: string) => {
    const use = uses.get(user) ?? { publish: new Set(), subscribe: new Set() }
    uses.set(user, use)
    return use
  }
  let losesReceived: (subject: string) => boolean = () => false
  const isLost = (line: string): boolean => {
    const [verb, subject = ''] = line.split(' ')
    if (verb === '-ERR') refusals.push(line)
    const lose = losses.get(subject)
    losses.delete(subject)
    lose?.()
    return lose !== undefined || (WITH_PAYLOAD.has(verb as string) && losesReceived(subject))
  }
  let losesSent: (subject: string) => boolean = () => false
  const isSentLost = (line: string): boolean => {
    const [verb, subject = ''] = line.split(' ')
    return (verb === 'PUB' || verb === 'HPUB') && losesSent(subject)
  }
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    const note = notesOf(usesOf)
    const [sent, received] = [new Frames(), new Frames()]
    near.on('data', (bytes: Buffer) => {
      for (const { line, frame } of sent.read(bytes)) {
        note(line)
        if (!isSentLost(line)) far.write(frame)
      }
    })
    near.on('end', () => far.end())
    far.on('data', (bytes: Buffer) => {
      for (const { line, frame } of received.read(bytes)) if (!isLost(line)) near.write(frame)
    })
    far.on('end', () => near.end())
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      end.on('error', () => {})
      end.on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    usesOf,
    /** Refusals of the server, in its words. */
    refusals,
    /** Resolves when the next message on that subject was lost. */
    loseNext: (subject: string) => new Promise<void>((resolve) => losses.set(subject, resolve)),
    /** From now on, what clients publish on such subjects is lost. */
    loseSent: (isLost: (subject: string) => boolean) => {
      losesSent = isLost
    },
    /** From now on, what clients receive on such subjects is lost. */
    loseReceived: (isLost: (subject: string) => boolean) => {
      losesReceived = isLost
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

/** Notes what a client publishes and subscribes to. */
function notesOf(usesOf: (user: string) => Use) {
  let use: Use | undefined
  return (line: string) => {
    const [verb, subject = '', ...more] = line.split(' ')
    if (verb === 'CONNECT') use = usesOf(JSON.parse(line.slice('CONNECT '.length)).user ?? '')
    else if (verb === 'SUB') use?.subscribe.add(more.length > 1 ? `${subject} ${more[0]}` : subject)
    else if (verb === 'PUB' || verb === 'HPUB') use?.publish.add(subject)
  }
}

const WITH_PAYLOAD = new Set(['PUB', 'HPUB', 'MSG', 'HMSG'])

/** Cuts one side of a connection into the protocol's lines, each with its payload. */
class Frames {
  private rest = Buffer.alloc(0)

  read(bytes: Buffer): { line: string; frame: Buffer }[] {
    const frames: { line: string; frame: Buffer }[] = []
    this.rest = Buffer.concat([this.rest, bytes])
    for (let end = this.rest.indexOf('\r\n'); end !== -1; end = this.rest.indexOf('\r\n')) {
      const line = this.rest.toString('utf8', 0, end)
      const parts = line.split(' ')
      const payload = WITH_PAYLOAD.has(parts[0] as string) ? Number(parts.at(-1)) + 2 : 0
      const size = end + 2 + payload
      if (this.rest.length < size) break
      frames.push({ line, frame: this.rest.subarray(0, size) })
      this.rest = this.rest.subarray(size)
    }
    return frames
  }
}
