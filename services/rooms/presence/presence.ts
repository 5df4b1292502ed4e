import type { Input, Presence as State } from '@chat/contract'
import type { Bus, Logger } from '@chat/service'
import { roomIdsOf, type UserDoc } from '../store/documents.ts'
import type { DueCheck } from '../store/presence-store.ts'
import type { Store } from '../store/store.ts'

/** Gateways report their users every 30 s. A user whom none has reported for so long is probed. */
const CHECK_AFTER_MS = 45_000
/** A device that has disconnected may come back, here or at another gateway, before this service hears of it. */
const GRACE_MS = 2_000
/** An arrival postpones the user's next check if the check is nearer than this. */
const NEAR_MS = 10_000
const SWEEP_MS = 5_000
/** After an outage gateways need a moment to reconnect. */
const QUIET_MS = 10_000
const ANSWER_WITHIN_MS = 1_000
const CHECKS_AT_ONCE = 200

type Parts = { store: Store; bus: Bus; logger: Logger }

/** Whether a gateway answers on the user's subject: it does while the user is connected to it. */
export const isConnected = (bus: Bus, userId: string) =>
  bus.isAnswered(bus.subjects.userPresence(userId), ANSWER_WITHIN_MS)

/** Who is online. The state last published is stored with the user, so that one instance publishes each change. */
export class Presence {
  private readonly parts: Parts
  private readonly timers = new Set<NodeJS.Timeout>()
  private readonly sweeper: NodeJS.Timeout
  private quietUntil = 0

  constructor(parts: Parts) {
    this.parts = parts
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_MS)
    parts.bus.onReconnect(() => {
      this.quietUntil = Date.now() + QUIET_MS
    })
  }

  close() {
    clearInterval(this.sweeper)
    for (const timer of this.timers) clearTimeout(timer)
  }

  /** A user has connected, or was reported while offline: publishes it if they were offline. */
  async arrive({ _id: userId, online, checkAt }: Pick<UserDoc, '_id' | 'online' | 'checkAt'>): Promise<void> {
    const { presence } = this.parts.store
    const now = Date.now()
    if (online && checkAt && checkAt.getTime() > now + NEAR_MS) return
    const seen = { seenAt: new Date(now), checkAt: new Date(now + CHECK_AFTER_MS) }
    const user = await presence.setOnline(userId, seen)
    if (!user) return presence.setSeen([userId], seen)
    void this.publish({ userId, online: true, lastSeenAt: seen.seenAt.toISOString() }, user.turn ?? 0)
  }

  async report({ present, left }: Input<'noteSeen'>): Promise<void> {
    const { presence } = this.parts.store
    const now = Date.now()
    await presence.setSeen(present, { seenAt: new Date(now), checkAt: new Date(now + CHECK_AFTER_MS) })
    await presence.setSeen(left, { seenAt: new Date(now), checkAt: new Date(now + GRACE_MS) })
    if (left.length > 0) this.sweepIn(GRACE_MS)
    // An outage may have made connected users offline.
    for (const _id of await presence.offlineAmong(present)) await this.arrive({ _id })
  }

  private sweepIn(ms: number) {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      void this.sweep()
    }, ms)
    this.timers.add(timer)
  }

  private async sweep() {
    if (Date.now() < this.quietUntil) return
    try {
      const due = await this.parts.store.presence.due(CHECKS_AT_ONCE)
      await Promise.all(due.map((check) => this.check(check)))
      if (due.length === CHECKS_AT_ONCE) this.sweepIn(0)
    } catch (err) {
      this.parts.logger.warn({ err }, 'presence was not checked; will retry')
    }
  }

  /** An arrival in the meantime sets another `checkAt`; then this check changes nothing. */
  private async check({ _id: userId, checkAt }: DueCheck) {
    const { store, bus } = this.parts
    const check = { _id: userId, checkAt }
    if (await isConnected(bus, userId))
      return store.presence.postpone(check, new Date(Date.now() + CHECK_AFTER_MS))
    const user = await store.presence.setOffline(check)
    if (!user) return
    const lastSeenAt = user.seenAt?.toISOString() ?? null
    void this.publish({ userId, online: false, lastSeenAt }, user.turn ?? 0)
  }

  /** One event for all who may see it, whatever the number of rooms. */
  private async publish(state: State, turn: number) {
    const { store, bus, logger } = this.parts
    try {
      const members = await store.members.ofUsers([state.userId])
      if (members.length === 0) return
      const closed = await store.rooms.closedAmong(roomIdsOf(members))
      const isForMasters = ({ roomId, master }: (typeof members)[number]) => !master && closed.has(roomId)
      const rooms = roomIdsOf(members.filter((member) => !isForMasters(member)))
      const closedRooms = roomIdsOf(members.filter(isForMasters))
      bus.publishUser(state.userId, 'presence', { ...state, turn, rooms, closedRooms })
    } catch (err) {
      logger.warn({ err, userId: state.userId }, 'presence was not published')
    }
  }
}
