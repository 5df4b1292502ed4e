import type { Msg, Subscription } from '@nats-io/transport-node'
import { type Bus, encode } from './bus.ts'

const BEAT_MS = 1_000
/** Who has not been heard of for so long is dead, and waited for no more. */
const DEAD_AFTER_MS = 3_500
const CONFIRM_WITHIN_MS = 1_000

type Beat = { id: string; isAlive: boolean } | { asks: true }

/**
 * Puts this process on the roll: of those that keep a copy of who may do what, and confirm that it is dropped.
 * Resolves once everybody who calls the roll knows of it.
 */
export async function joinRoll(bus: Bus): Promise<{ close: () => Promise<void> }> {
  const beat = (isAlive: boolean) =>
    bus.connection.publish(bus.subjects.roll, encode({ id: bus.instanceId, isAlive }))
  const subscription = bus.subscribe(bus.subjects.roll, (message) => {
    if ('asks' in message.json<Beat>()) beat(true)
  })
  const timer = setInterval(() => beat(true), BEAT_MS)
  beat(true)
  await bus.flush()
  return {
    close: async () => {
      clearInterval(timer)
      subscription.unsubscribe()
      beat(false)
    },
  }
}

/** The answer to a request that waits for everybody on the roll. */
export const confirm = (bus: Bus, request: Msg) => {
  if (request.reply) request.respond(encode(bus.instanceId))
}

/** Knows who is on the roll, and waits for all of them. */
export class ConfirmedBroadcast {
  private readonly bus: Bus
  private readonly heardAt = new Map<string, number>()
  private readonly subscription: Subscription

  constructor(bus: Bus) {
    this.bus = bus
    this.subscription = bus.subscribe(bus.subjects.roll, (message) => this.hear(message.json<Beat>()))
    bus.connection.publish(bus.subjects.roll, encode({ asks: true }))
  }

  close() {
    this.subscription.unsubscribe()
  }

  /** Publishes, and resolves when everybody alive has confirmed; after a second at the latest. */
  async tell(subject: string, event: unknown): Promise<void> {
    // Whoever came onto the roll before now has been heard then.
    await this.bus.flush()
    const awaited = this.alive()
    const done = Promise.withResolvers<void>()
    const inbox = this.bus.openInbox()
    const replies = this.bus.subscribe(inbox, (reply) => {
      // With nobody there the server answers in their place, with no data.
      if (reply.data.length > 0) awaited.delete(reply.json<string>())
      if (awaited.size === 0) done.resolve()
    })
    this.bus.connection.publish(subject, encode(event), { reply: inbox })
    const timer = setTimeout(done.resolve, CONFIRM_WITHIN_MS)
    if (awaited.size > 0) await done.promise
    clearTimeout(timer)
    replies.unsubscribe()
  }

  private hear(beat: Beat) {
    if ('asks' in beat) return
    if (beat.isAlive) this.heardAt.set(beat.id, performance.now())
    else this.heardAt.delete(beat.id)
  }

  private alive(): Set<string> {
    const since = performance.now() - DEAD_AFTER_MS
    for (const [id, at] of this.heardAt) if (at < since) this.heardAt.delete(id)
    return new Set(this.heardAt.keys())
  }
}
