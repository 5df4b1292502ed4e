import type { MemberRights, RoomEvents } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { presentRoom } from '../room/presenter.ts'
import type { MemberDoc, RoomDoc } from '../store/documents.ts'

// Each of these invalidates the caches of who may do what in the room. It resolves when every live process that keeps
// one has confirmed, or after one second.

export const publishAccess = (parts: Parts, roomId: string) => publish(parts, { roomId })

export const publishRights = (parts: Parts, roomId: string, members: MemberDoc[]) =>
  publish(parts, { roomId, standing: members.map(rightsOf) })

/** On every process that has confirmed, none of the removed users hears, reads or writes the room. */
export function publishRemoval(parts: Parts, room: RoomDoc, userIds: string[], promoted: MemberDoc[] = []) {
  const last = { ...presentRoom({ ...room, lastMessage: null, announcement: null }, []), removed: true }
  const standing = promoted.map(rightsOf)
  return publish(parts, { roomId: room._id, removed: userIds, room: last, standing })
}

const publish = ({ bus, confirmedBroadcast }: Parts, event: RoomEvents['access']): Promise<void> =>
  confirmedBroadcast.tell(bus.subjects.roomEvent(event.roomId, 'access'), event)

const rightsOf = ({ userId, master, mutedUntil }: MemberDoc): MemberRights => ({
  _id: userId,
  master,
  ...(mutedUntil && { mutedUntil: mutedUntil.toISOString() }),
})
