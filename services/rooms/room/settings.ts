import { Fault, type Rules } from '@chat/contract'
import { publishAccess } from '../members/access-events.ts'
import { actorOf, PLATFORM, requireMaster, requireMember, requireRoom } from '../members/memberships.ts'
import type { Operation, Parts } from '../parts.ts'
import type { RoomDoc } from '../store/documents.ts'
import { authorOf } from '../users/directory.ts'
import { presentOutline } from './presenter.ts'
import { changeRoom, requireMasterOf, requireUnfrozen } from './room-change.ts'
import { roomResult, viewRoom } from './room-view.ts'

type Fields = Partial<Pick<RoomDoc, 'name' | 'profileUrl' | 'meta' | 'announcement'>> & {
  rules?: Partial<Rules>
}
type Change = { roomId: string; by: string }
type Quote = { messageId?: string | undefined; text?: string | undefined }

export const updateRoomSetting: Operation<'updateRoomSetting'> = (parts, caller, { roomId, updateData }) =>
  roomResult(parts.store, caller, change(parts, { roomId, by: caller.userId }, updateData))

export const updateRoom: Operation<'updateRoom'> = async (parts, _caller, { roomId, ...fields }) =>
  viewRoom(parts.store, await change(parts, { roomId, by: PLATFORM }, fields))

/** Absent fields and rules stay as they are. @throws USER_IS_NOT_MASTER, ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED */
async function change(parts: Parts, { roomId, by }: Change, { rules, ...fields }: Fields) {
  const { room, members, result } = await changeRoom(parts, roomId, async (state) => {
    requireMasterOf(state, by)
    if (rules?.isFreezed !== false) requireUnfrozen(state.room)
    const dataOf = (changed: RoomDoc) => ({ room: presentOutline(changed), by: actorOf(by) })
    return {
      members: state.members,
      fields: { ...fields, rules: { ...state.room.rules, ...rules } },
      events: (changed) => [{ type: 'room.updated', data: dataOf(changed) }],
      result: { wasFrozen: state.room.rules.isFreezed },
    }
  })
  if (result.wasFrozen !== room.rules.isFreezed) await parts.claims.move(room, members, members)
  await publishAccess(parts, roomId)
  parts.broadcast.publishSoon(roomId)
  return room
}

/** A master announces a message, a text, or a text in place of the message's own; neither clears the announcement. */
export const setAnnouncement: Operation<'setAnnouncement'> = async (parts, caller, input) => {
  const { userId, requestId } = caller
  const { roomId, ...quote } = input
  requireUnfrozen((await requireMaster(parts.store, roomId, userId)).room)
  const isCleared = quote.messageId === undefined && quote.text === undefined
  const place = { roomId, by: userId }
  const announcement = isCleared ? null : await announcementOf(parts, requestId, place, quote)
  return roomResult(parts.store, caller, change(parts, place, { announcement }))
}

export const getAnnouncement: Operation<'getAnnouncement'> = async ({ store }, _caller, { roomId }) => ({
  announcement: (await requireRoom(store, roomId)).announcement ?? null,
})

export const putAnnouncement: Operation<'putAnnouncement'> = async (parts, caller, input) => {
  const { roomId, authorId = '', ...quote } = input
  requireUnfrozen(await requireRoom(parts.store, roomId))
  if (quote.messageId === undefined && (quote.text === undefined || authorId === ''))
    throw new Fault('INVALID_REQUEST', { message: 'A messageId, or a text and an authorId' })
  const announcement = await announcementOf(parts, caller.requestId, { roomId, by: authorId }, quote)
  await change(parts, { roomId, by: PLATFORM }, { announcement })
  return { announcement }
}

export const removeAnnouncement: Operation<'removeAnnouncement'> = async (parts, _caller, { roomId }) => {
  await change(parts, { roomId, by: PLATFORM }, { announcement: null })
  return { announcement: null }
}

export const roomAlarmTurnOnOff: Operation<'roomAlarmTurnOnOff'> = async (parts, { userId }, input) => {
  const { roomId } = input
  const { member } = await requireMember(parts.store, roomId, userId)
  const alarmOn = await parts.store.members.switchAlarm(member._id, input.alarmOn)
  if (alarmOn === null) throw new Fault('ROOM_NO_EXISTS')
  parts.bus.publishUser(userId, 'alarm', { roomId, alarmOn })
  return { result: true, alarmOn }
}

/** @throws MESSAGE_TOO_LONG, MESSAGE_NO_EXISTS, MESSAGE_HAS_BANNED_WORD */
async function announcementOf(parts: Parts, requestId: string, { roomId, by }: Change, quote: Quote) {
  const { store, bus, limits } = parts
  const { messageId, text } = quote
  if ((text?.length ?? 0) > limits.textLength) throw new Fault('MESSAGE_TOO_LONG')
  const caller = { userId: by, requestId }
  const quoted = messageId === undefined ? null : await bus.ask('quoteMessage', caller, { roomId, messageId })
  const own = text === undefined ? null : await bus.ask('screenText', caller, { roomId, text })
  return {
    messageId: messageId ?? null,
    text: own?.text ?? quoted?.text ?? '',
    author: quoted?.author ?? (await authorOf(store, by)),
    createdAt: new Date().toISOString(),
  }
}
