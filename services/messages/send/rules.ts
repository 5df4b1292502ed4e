import { Fault } from '@chat/contract'
import type { Access } from './access-cache.ts'

// What a room lets its members do (docs/protocol.md). Callers check in the order of these functions.

export function requireMaster({ master }: Access) {
  if (!master) throw new Fault('USER_IS_NOT_MASTER')
}

export function requireNotFrozen({ rules }: Access) {
  if (rules.isFreezed) throw new Fault('ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED')
}

export function requireMayDelete({ master, rules }: Access) {
  if (!master && !rules.canDeleteMessage) throw new Fault('ROOM_RULES_CAN_NOT_DELETE')
}

/** Masters may not share either: messages stay in the room. */
export function requireMayShare({ rules }: Access) {
  if (!rules.canShareMessage) throw new Fault('ROOM_RULES_CAN_NOT_SHARE')
}

export function requireNotMuted({ mutedUntil }: Access) {
  if (mutedUntil !== null && Date.parse(mutedUntil) > Date.now()) throw new Fault('USER_IS_MUTED')
}

export function requireMayWrite(access: Access) {
  requireNotFrozen(access)
  requireNotMuted(access)
}

export function requireLength(text: string, maxLength: number) {
  if (text.length > maxLength) throw new Fault('MESSAGE_TOO_LONG')
}
