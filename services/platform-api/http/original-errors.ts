/** The named failures of the original document's two calls: they leave with status 500, as it says. */
export const NAMED = new Set<string>([
  'ROOM_ALREADY_EXISTS',
  'ROOM_NO_EXISTS',
  'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
  'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
  'INVITER_ID_IS_NOT_MASTER',
  'JOIN_USERS_EMPTY',
])
