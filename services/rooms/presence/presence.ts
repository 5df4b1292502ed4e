import type { Input, Presence as Shown } from '@chat/contract'
import type { Bus, Logger } from '@chat/service'
import type { MemberDoc, UserDoc } from '../store/documents.ts'
import { chunks, type RoomStore } from '../store/store.ts'

/** Edges tell of their users every 30 s: of whom nothing has been heard for so long, it is asked. */
const CHECK_AFTER_MS = 45_000
/** A device that has gone may come back, here or at another edge, without anybody having been told. */
const GRACE_MS = 2_000
/** A check that is nearer than this is moved away by whoever comes. */
const NEAR_MS = 10_000
const SWEEP_MS = 5_000
/** After an outage edges need a moment to be heard again. */
const QUIET_MS = 10_000
const ANSWER_WITHIN_MS = 1_000
const AT_ONCE = 200

type Known = Pick<UserDoc, '_id' | 'online' | 'checkAt'>
type Membership = Pick<MemberDoc, 'roomId' | 'master'>

/** Whoever answers on a user's subject is an edge that has them: there is nothing to go stale. */
export const isHere = (bus: Bus, userId: string) =>
  bus.isAnswered(bus.subjects.userPresence(userId), ANSWER_WITHIN_MS)

/** Who comes and goes. What others were last told is kept with the user, so that of all who see a change one tells it. */
export class Presence {
  private readonly store: RoomStore
  private readonly bus: Bus
  private readonly logger: Logger
  private readonly timers = new Set<NodeJS.Timeout>()
  private readonly sweeper: NodeJS.Timeout
  private quietUntil = 0

  constructor({ store, bus, logger }: { store: RoomStore; bus: Bus; logger: Logger }) {
    this.store = store
    this.bus = bus
    this.logger = logger
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_MS)
    bus.onReconnect(() => {
      this.quietUntil = Date.now() + QUIET_MS
    })
  }

  close() {
    clearInterval(this.sweeper)
    for (const timer of this.timers) clearTimeout(timer)
  }

  /** A user has come to an edge, or is seen there: where that is news, it is told. */
  async arrive({ _id: userId, online, checkAt }: Known): Promise<void> {
    const { users } = this.store
    const now = Date.now()
    if (online && checkAt && checkAt.getTime() > now + NEAR_MS) return
    const seen = { seenAt: new Date(now), checkAt: new Date(now + CHECK_AFTER_MS) }
    const came = await users
      .findOneAndUpdate(
        { _id: userId, online: { $ne: true } },
        { $set: { ...seen, online: true }, $inc: { turn: 1 } },
        { returnDocument: 'after' },
      )
      .lean()
    if (came) void this.tell({ userId, online: true, lastSeenAt: seen.seenAt.toISOString() }, came.turn ?? 0)
    else await users.updateOne({ _id: userId }, { $set: seen })
  }

  /** What an edge tells of its users. */
  async note({ present, left }: Input<'noteSeen'>): Promise<void> {
    const now = Date.now()
    await this.put(present, { seenAt: new Date(now), checkAt: new Date(now + CHECK_AFTER_MS) })
    await this.put(left, { seenAt: new Date(now), checkAt: new Date(now + GRACE_MS) })
    if (left.length > 0) this.sweepIn(GRACE_MS)
    // Wrongly taken for gone, as after an outage.
    const hidden = await this.store.users
      .find({ _id: { $in: present }, online: { $ne: true } }, { _id: 1 })
      .lean()
    for (const user of hidden) await this.arrive(user)
  }

  private async put(userIds: string[], fields: { seenAt: Date; checkAt: Date }) {
    for (const some of chunks(userIds))
      await this.store.users.updateMany({ _id: { $in: some } }, { $set: fields })
  }

  private sweepIn(ms: number) {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      void this.sweep()
    }, ms)
    this.timers.add(timer)
  }

  /** Looks for those who should have been heard of by now. */
  private async sweep() {
    if (Date.now() < this.quietUntil) return
    try {
      const due = await this.store.users
        .find({ checkAt: { $lte: new Date() } }, { checkAt: 1 })
        .limit(AT_ONCE)
        .lean()
      await Promise.all(due.map(({ _id, checkAt }) => this.check(_id, checkAt as Date)))
      if (due.length === AT_ONCE) this.sweepIn(0)
    } catch (err) {
      this.logger.warn({ err }, 'presence not checked, will try again')
    }
  }

  /** Whoever comes meanwhile sets another time: then this check is worth nothing. */
  private async check(userId: string, checkAt: Date) {
    const { users } = this.store
    const same = { _id: userId, checkAt }
    if (await isHere(this.bus, userId)) {
      const next = new Date(Date.now() + CHECK_AFTER_MS)
      return void (await users.updateOne(same, { $set: { checkAt: next } }))
    }
    const gone = await users
      .findOneAndUpdate(
        same,
        { $set: { online: false }, $unset: { checkAt: 1 }, $inc: { turn: 1 } },
        { returnDocument: 'after' },
      )
      .lean()
    if (!gone) return
    const lastSeenAt = gone.seenAt?.toISOString() ?? null
    void this.tell({ userId, online: false, lastSeenAt }, gone.turn ?? 0)
  }

  /** Nobody waits for it. */
  private tell(shown: Shown, turn: number): Promise<void> {
    return this.publish(shown, turn).catch((err) =>
      this.logger.warn({ err, userId: shown.userId }, 'presence not told'),
    )
  }

  /** One event for all who may care, however many rooms there are. */
  private async publish(shown: Shown, turn: number) {
    const members = await this.store.members
      .find({ userId: shown.userId }, { roomId: 1, userId: 1, master: 1 })
      .lean()
    if (members.length === 0) return
    const closed = await this.store.closedRooms(members.map(({ roomId }) => roomId))
    const isForAll = ({ roomId, master }: Membership) => master || !closed.has(roomId)
    this.bus.publishUser(shown.userId, 'presence', {
      ...shown,
      turn,
      rooms: members.filter(isForAll).map(({ roomId }) => roomId),
      closedRooms: members.filter((member) => !isForAll(member)).map(({ roomId }) => roomId),
    })
  }
}
