import { type ErrorCode, errors } from '@chat/contract'

/** The failures that the original document names for its two calls, both with status 500. */
const ORIGINAL_FAILURES = new Set<ErrorCode>([
  'ROOM_ALREADY_EXISTS',
  'ROOM_NO_EXISTS',
  'ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED',
  'ROOM_RULES_CAN_NOT_INVITE_MEMBERS',
  'INVITER_ID_IS_NOT_MASTER',
  'JOIN_USERS_EMPTY',
])

/** @param isOriginal whether the failure answers a call of the original document */
export const statusOf = (code: ErrorCode, isOriginal: boolean): number =>
  isOriginal && ORIGINAL_FAILURES.has(code) ? 500 : errors[code].http
