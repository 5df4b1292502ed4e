import { type Announcement, Fault, type Input } from '@chat/contract'
import type { Scene } from '../members/memberships.ts'
import { requireMasterOf } from '../members/removals.ts'
import { PLATFORM } from '../members/targets.ts'
import type { Parts } from '../parts.ts'
import type { RoomDoc } from '../store/documents.ts'
import { claimKey } from './claims.ts'
import { doer, outlineOf } from './room-event-outbox.ts'

/** `meta` is for platforms alone. */
type Update = { roomId: string; updateData: Omit<Input<'updateRoom'>, 'roomId'> }
type Pinned = Input<'putAnnouncement'> & { isCleared?: boolean }

/** A room's name, picture, rules and announcement. */
export class Settings {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** A partial `rules` changes only what it names. @throws USER_IS_NOT_MASTER, ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED */
  async update(userId: string, { roomId, updateData }: Update): Promise<RoomDoc> {
    const { rules = {}, ...fields } = updateData
    for (const [rule, value] of Object.entries(rules)) Object.assign(fields, { [`rules.${rule}`]: value })
    return this.set(userId, roomId, fields, rules.isFreezed === false)
  }

  /** From a message, from a text, or a text in place of the message's own; neither clears it. */
  async announce(requestId: string, userId: string, input: Input<'setAnnouncement'>): Promise<RoomDoc> {
    const { roomId, messageId, text } = input
    const { room } = await this.parts.members.requireMaster(roomId, userId)
    requireUnfrozen(room)
    if ((text?.length ?? 0) > this.parts.textLength) throw new Fault('MESSAGE_TOO_LONG')
    const isCleared = messageId === undefined && text === undefined
    const announcement = isCleared ? null : await this.announcement(requestId, userId, input)
    return this.set(userId, roomId, { announcement })
  }

  /** A platform's: of a message, or of a text in the name of somebody. */
  async pin(requestId: string, { authorId = '', isCleared = false, ...input }: Pinned): Promise<RoomDoc> {
    const { roomId, messageId, text } = input
    requireUnfrozen(await this.parts.members.requireRoom(roomId))
    if (isCleared) return this.set(PLATFORM, roomId, { announcement: null })
    if (messageId === undefined && (text === undefined || authorId === '')) {
      throw new Fault('INVALID_REQUEST', { message: 'A messageId, or a text and an authorId' })
    }
    if ((text?.length ?? 0) > this.parts.textLength) throw new Fault('MESSAGE_TOO_LONG')
    const announcement = await this.announcement(requestId, authorId, input)
    return this.set(PLATFORM, roomId, { announcement })
  }

  /** @throws MESSAGE_NO_EXISTS, MESSAGE_HAS_BANNED_WORD */
  private async announcement(
    requestId: string,
    userId: string,
    { roomId, messageId, text }: Input<'setAnnouncement'>,
  ): Promise<Announcement> {
    const { bus } = this.parts
    const caller = { userId, requestId }
    const quoted =
      messageId === undefined ? null : await bus.ask('quoteMessage', caller, { roomId, messageId })
    const own = text === undefined ? null : await bus.ask('screenText', caller, { roomId, text })
    return {
      messageId: messageId ?? null,
      text: own?.text ?? quoted?.text ?? '',
      author: quoted?.author ?? (await this.parts.directory.author(userId)),
      createdAt: new Date().toISOString(),
    }
  }

  private async set(
    userId: string,
    roomId: string,
    fields: Record<string, unknown>,
    unfreezes = false,
  ): Promise<RoomDoc> {
    const { members, access, roomBroadcast } = this.parts
    const { room, told: wasFreezed } = await members.change(roomId, async (scene: Scene) => {
      requireMasterOf(scene, userId)
      if (!unfreezes) requireUnfrozen(scene.room)
      return {
        ...{ people: scene.people, fields, told: scene.room.rules.isFreezed },
        happened: (room) => [{ type: 'room.updated', data: { room: outlineOf(room), by: doer(userId) } }],
      }
    })
    if (wasFreezed !== room.rules.isFreezed) await this.moveClaim(room)
    await access.changed(roomId)
    roomBroadcast.announce(roomId)
    return room
  }

  /** A frozen room makes way for a new one; an unfrozen one takes its claim back if nobody has it. */
  private async moveClaim(room: RoomDoc) {
    if (!room.link || room.roomType !== 'GROUP') return
    const key = claimKey(room.link.sid, await this.parts.members.idsOf(room._id))
    if (room.rules.isFreezed) await this.parts.claims.release(key, room._id)
    else await this.parts.claims.take(key, room._id)
  }
}

/** @throws ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED */
export function requireUnfrozen({ rules }: RoomDoc) {
  if (rules.isFreezed) throw new Fault('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
}
