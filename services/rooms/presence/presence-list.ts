import { type Input, maySee, type Output, type Presence } from '@chat/contract'
import type { Bus } from '@chat/service'
import { type MemberDoc, memberId } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'
import { isHere } from './presence.ts'

/** So many rooms, times a hundred people, are found by their keys faster than people's memberships are read. */
const FEW_ROOMS = 20

type Membership = Pick<MemberDoc, 'roomId' | 'userId' | 'master'>

/** Who is online, for those who may know. */
export class PresenceList {
  private readonly store: RoomStore
  private readonly bus: Bus
  constructor({ store, bus }: { store: RoomStore; bus: Bus }) {
    this.store = store
    this.bus = bus
  }

  /** Of those whom the caller may see as a member of a room that both are in. */
  async query(userId: string, { userIds }: Input<'queryPresence'>): Promise<Output<'queryPresence'>> {
    const seen = await this.visible(userId, [...new Set(userIds)])
    const [users, online] = await Promise.all([
      this.store.users.find({ _id: { $in: seen } }, { seenAt: 1 }).lean(),
      Promise.all(seen.map((id) => isHere(this.bus, id))),
    ])
    const seenAt = new Map(users.map((user) => [user._id, user.seenAt]))
    const now = new Date()
    const shown = (id: string, isOnline: boolean): Presence => ({
      userId: id,
      online: isOnline,
      lastSeenAt: (isOnline ? now : seenAt.get(id))?.toISOString() ?? null,
    })
    return { list: seen.map((id, index) => shown(id, online[index] ?? false)) }
  }

  private async visible(callerId: string, userIds: string[]): Promise<string[]> {
    const mine = await this.store.members
      .find({ userId: callerId }, { roomId: 1, userId: 1, master: 1 })
      .lean()
    const own = new Map(mine.map((member) => [member.roomId, member]))
    const shared = await this.shared([...own.keys()], userIds)
    const closed = await this.store.closedRooms([...new Set(shared.map(({ roomId }) => roomId))])
    const isSeen = (other: Membership) => {
      const self = own.get(other.roomId)
      if (!self) return false
      const rules = { canShowMemberList: !closed.has(other.roomId) }
      return maySee(rules, { ...self, _id: callerId }, { ...other, _id: other.userId })
    }
    const seen = new Set(shared.filter(isSeen).map(({ userId }) => userId))
    return userIds.filter((id) => seen.has(id))
  }

  /** Memberships of these people in these rooms, by whichever are fewer. */
  private async shared(roomIds: string[], userIds: string[]): Promise<Membership[]> {
    const wanted = { roomId: 1, userId: 1, master: 1 } as const
    if (roomIds.length <= FEW_ROOMS) {
      const ids = roomIds.flatMap((roomId) => userIds.map((userId) => memberId(roomId, userId)))
      return this.store.members.find({ _id: { $in: ids } }, wanted).lean()
    }
    return this.store.members.find({ userId: { $in: userIds } }, wanted).lean()
  }
}
