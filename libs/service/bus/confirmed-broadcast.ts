import type { Msg, Subscription } from '@nats-io/transport-node'
import type { Bus } from './bus.ts'
import { encode } from './request-encoding.ts'

const BEAT_MS = 1_000
/** A process without a heartbeat for this long counts as dead. */
const DEAD_AFTER_MS = 3_500
const CONFIRM_WITHIN_MS = 1_000

type Beat = { id: string; isAlive: boolean } | { asks: true }

/** Joins the processes that confirm when they drop access from their cache. Resolves when all senders know this one. */
export async function joinConfirmers(bus: Bus): Promise<{ close: () => Promise<void> }> {
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

export const confirm = (bus: Bus, request: Msg) => {
  if (request.reply) request.respond(encode(bus.instanceId))
}

export class ConfirmedBroadcast {
  private readonly bus: Bus
  private readonly aliveAt = new Map<string, number>()
  private readonly subscription: Subscription

  constructor(bus: Bus) {
    this.bus = bus
    this.subscription = bus.subscribe(bus.subjects.roll, (message) => this.note(message.json<Beat>()))
    bus.connection.publish(bus.subjects.roll, encode({ asks: true }))
  }

  close() {
    this.subscription.unsubscribe()
  }

  /** Resolves when every live process has confirmed the event, or after one second. */
  async tell(subject: string, event: unknown): Promise<void> {
    // After the flush, the heartbeats of all processes that joined before are here.
    await this.bus.flush()
    const awaited = this.alive()
    const done = Promise.withResolvers<void>()
    const inbox = this.bus.openInbox()
    const replies = this.bus.subscribe(inbox, (reply) => {
      // Without subscribers the server answers itself, with no data.
      if (reply.data.length > 0) awaited.delete(reply.json<string>())
      if (awaited.size === 0) done.resolve()
    })
    this.bus.connection.publish(subject, encode(event), { reply: inbox })
    const timer = setTimeout(done.resolve, CONFIRM_WITHIN_MS)
    if (awaited.size > 0) await done.promise
    clearTimeout(timer)
    replies.unsubscribe()
  }

  private note(beat: Beat) {
    if ('asks' in beat) return
    if (beat.isAlive) this.aliveAt.set(beat.id, performance.now())
    else this.aliveAt.delete(beat.id)
  }

  private alive(): Set<string> {
    const since = performance.now() - DEAD_AFTER_MS
    for (const [id, at] of this.aliveAt) if (at < since) this.aliveAt.delete(id)
    return new Set(this.aliveAt.keys())
  }
}
