/** Codes that several operations answer. */
export const NO_ROOM = ['ROOM_NO_EXISTS'] as const
export const NO_MESSAGE = [...NO_ROOM, 'MESSAGE_NO_EXISTS'] as const
export const FROZEN = [...NO_ROOM, 'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED'] as const
export const MAY_NOT_POST = [...FROZEN, 'USER_IS_MUTED'] as const
export const BAD_TEXT = ['MESSAGE_TOO_LONG', 'MESSAGE_HAS_BANNED_WORD'] as const
export const NEW_ROOM = ['ROOM_ALREADY_EXISTS', 'ROOM_IS_FULL', 'MESSAGE_TOO_LONG'] as const
