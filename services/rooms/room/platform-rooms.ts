import type { Input, Output, Room } from '@chat/contract'
import { bytesOf, decodeKey, encodeKey, PAGE_BYTES } from '@chat/service'
import type { Parts } from '../parts.ts'
import { factsOf, ofRoom, type RoomDoc } from '../store/documents.ts'
import { claimKey } from './claims.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

type Filter = Input<'listRooms'>

/** All rooms, as the platform that owns them sees them. */
export class PlatformRooms {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  async get(roomId: string): Promise<Room> {
    return this.parts.roomView.one(await this.parts.members.requireRoom(roomId))
  }

  /** In the order of their ids; those that are not there to be seen are passed over. */
  async list({ cursor, limit = DEFAULT_LIMIT, ...filter }: Filter): Promise<Output<'listRooms'>> {
    const most = Math.min(limit, MAX_LIMIT)
    const list: Room[] = []
    let bytes = 0
    for (let after = cursor === undefined ? '' : decodeKey(cursor); ; ) {
      const ids = await this.idsAfter(after, filter)
      for (const room of await this.shown(ids, filter)) {
        bytes += bytesOf(room)
        if (list.length === most || (bytes > PAGE_BYTES && list.length > 0))
          return { list, nextCursor: encodeKey(list.at(-1)?._id ?? '') }
        list.push(room)
      }
      if (ids.length < MAX_LIMIT) return { list, nextCursor: null }
      after = ids.at(-1) ?? ''
    }
  }

  private async idsAfter(after: string, { userId, linkSid }: Omit<Filter, 'limit' | 'cursor'>) {
    const { members, rooms } = this.parts.store
    if (userId !== undefined) {
      const mine = members.find({ userId, roomId: { $gt: after } }, { roomId: 1 })
      return (await mine.sort({ roomId: 1 }).limit(MAX_LIMIT).lean()).map(({ roomId }) => roomId)
    }
    const linked = linkSid === undefined ? {} : { 'link.sid': linkSid }
    const found = rooms.find({ ...linked, _id: { $gt: after } }, { _id: 1 })
    return (await found.sort({ _id: 1 }).limit(MAX_LIMIT).lean()).map(({ _id }) => _id)
  }

  private async shown(ids: string[], { linkSid }: Pick<Filter, 'linkSid'>): Promise<Room[]> {
    const docs = await this.parts.store.rooms.find({ _id: { $in: ids }, ready: true }).lean()
    const wanted = docs.filter((doc) => linkSid === undefined || doc.link?.sid === linkSid)
    const rooms = await this.parts.roomView.many(wanted)
    return rooms.sort((a, b) => (a._id < b._id ? -1 : 1))
  }

  /**
   * Hidden first, then everybody is told, then emptied, and the room itself last: whatever is interrupted is finished
   * by asking again. @throws ROOM_NO_EXISTS
   */
  async delete(requestId: string, roomId: string): Promise<void> {
    const { bus, store } = this.parts
    const room = await this.hidden(roomId)
    await this.empty(room)
    const caller = { userId: '', requestId }
    await bus.ask('purgeRoomMessages', caller, { roomId })
    await bus.ask('purgeRoomFiles', caller, { roomId })
    await bus.ask('purgeRoomPushes', caller, { roomId })
    await this.parts.mentions.forgetRoom(roomId)
    await store.gone.deleteOne({ _id: roomId })
    await this.end(room)
  }

  /** Nothing else of it is told any more. */
  private async end({ _id: roomId, updatedAt }: RoomDoc) {
    const { store, facts } = this.parts
    const now = new Date(Math.max(Date.now(), updatedAt.getTime() + 1))
    await store.transaction(async (session) => {
      const { deletedCount } = await store.rooms.deleteOne({ _id: roomId }, { session })
      await store.facts.deleteMany(factsOf(roomId), { session })
      const happened = deletedCount > 0 ? [{ type: 'room.deleted' as const, data: { roomId } }] : []
      await facts.note({ _id: roomId, updatedAt: now }, happened, session)
    })
    facts.publish(roomId)
  }

  private async hidden(roomId: string): Promise<RoomDoc> {
    const begun = await this.parts.store.rooms.findOne({ _id: roomId, isDeleted: true }).lean()
    if (begun) return begun
    const fields = { ready: false, isDeleted: true }
    const { room } = await this.parts.members.change(roomId, async ({ people }) => {
      return { people, fields, told: null }
    })
    return room
  }

  private async empty(room: RoomDoc) {
    const { members, access, claims, store } = this.parts
    const userIds = await members.idsOf(room._id)
    await access.removed(room, userIds)
    if (room.link) await claims.release(claimKey(room.link.sid, userIds), room._id)
    await store.bans.deleteMany(ofRoom(room._id))
    await store.mutes.deleteMany(ofRoom(room._id))
    await store.members.deleteMany(ofRoom(room._id))
  }
}
