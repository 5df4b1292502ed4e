/** `retryable`: the same request may succeed later. `text` is for people. */
type ErrorRow = { http: number; retryable: boolean; text: string }
const final = (http: number, text: string): ErrorRow => ({ http, retryable: false, text })
const passing = (http: number, text: string): ErrorRow => ({ http, retryable: true, text })

/** Every code that `error` can carry, with its HTTP status on `/v1`. */
export const errors = {
  CLIENT_ID_NO_EXISTS: passing(401, 'This connection has no session: connect again and retry'),
  ROOM_NO_EXISTS: final(404, 'There is no such room for you'),
  FILE_NO_EXISTS_WITH_SYNC_KEY: final(404, 'No upload goes by this syncKey: send the file from its start'),
  SEND_FILE_IS_EMPTY: final(400, 'The file data is empty'),
  WRONG_TARGET_USER_IDS: final(400, 'None of the given users can be the target of this'),
  JOIN_USER_ALREADY_EXISTS: final(409, 'All of the given users are in the room already'),
  ROOM_ALREADY_EXISTS: final(409, 'A room for this link and these people exists already'),
  ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED: final(409, 'The room is frozen'),
  ROOM_RULES_CAN_NOT_INVITE_MEMBERS: final(403, 'The rules of this room do not let members invite'),
  INVITER_ID_IS_NOT_MASTER: final(403, 'The inviter is not a master of this room'),
  JOIN_USERS_EMPTY: final(400, 'There is nobody to add'),
  INVALID_REQUEST: final(400, 'The request is not what the contract says'),
  TOKEN_INVALID: final(401, 'The token is not valid here'),
  TOKEN_EXPIRED: final(401, 'The token has expired: fetch a new one and connect again'),
  UNAUTHORIZED: final(401, 'The key is missing or wrong'),
  FORBIDDEN: final(403, 'This is not allowed'),
  USER_IS_NOT_MASTER: final(403, 'Only a master of the room may do this'),
  USER_IS_MUTED: final(403, 'You are muted in this room'),
  USER_IS_BANNED: final(403, 'All of the given users are banned from this room'),
  USER_NO_EXISTS: final(404, 'There is no such user'),
  ROOM_IS_FULL: final(409, 'The room has as many members as it may have'),
  ROOM_RULES_CAN_NOT_LEAVE: final(403, 'The rules of this room do not let members leave'),
  ROOM_RULES_CAN_NOT_DELETE: final(403, 'The rules of this room do not let messages be deleted'),
  ROOM_RULES_CAN_NOT_SHARE: final(403, 'The rules of this room do not let messages be shared'),
  MESSAGE_NO_EXISTS: final(404, 'There is no such message in this room'),
  MESSAGE_TOO_LONG: final(413, 'The text is longer than allowed'),
  MESSAGE_HAS_BANNED_WORD: final(422, 'The text has a word that is not allowed here'),
  FILE_NO_EXISTS: final(404, 'There is no such file for you'),
  FILE_TOO_LARGE: final(413, 'The file is larger than allowed'),
  FILE_TYPE_NOT_ALLOWED: final(415, 'Files of this type are not allowed'),
  FILE_CHUNK_OUT_OF_ORDER: final(409, 'A chunk before this one is missing'),
  TYPING_ONLY_IN_ONE_TO_ONE: final(409, 'Typing is shown in rooms of two only'),
  MAIL_NOT_CONFIGURED: final(501, 'No mail server is configured here'),
  WEBHOOK_NO_EXISTS: final(404, 'There is no such webhook, or no such delivery of it'),
  CURSOR_EXPIRED: final(410, 'The list has changed too much: start from its first page'),
  RATE_LIMITED: passing(429, 'Too many requests: wait and send again'),
  TIMEOUT: passing(504, 'No answer in time: it may or may not have happened'),
  SERVICE_UNAVAILABLE: passing(503, 'Try again shortly'),
  INTERNAL: final(500, 'Something went wrong here; the request id finds it in our logs'),
}

export type ErrorCode = keyof typeof errors
/** Codes that an edge may answer to any request. */
export const EDGE_CODES = [
  'INVALID_REQUEST',
  'RATE_LIMITED',
  'TIMEOUT',
  'SERVICE_UNAVAILABLE',
  'INTERNAL',
] as const

/** A failure that the caller is meant to see. Anything else that is thrown leaves as `INTERNAL`. */
export class Fault extends Error {
  override name = 'Fault'
  readonly code: ErrorCode
  readonly data: unknown
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, details: { message?: string; data?: unknown; retryAfterMs?: number } = {}) {
    super(details.message ?? errors[code].text)
    this.code = code
    this.data = details.data ?? null
    this.retryAfterMs = details.retryAfterMs
  }
}

/** What every ack and every `/v1` answer looks like. `error` is a code, never prose. */
export type Envelope<T> = {
  success: boolean
  error: ErrorCode | null
  data: T | null
  message?: string
  retryable?: boolean
  requestId?: string
  retryAfterMs?: number
}

export const succeeded = <T>(data: T): Envelope<T> => ({ success: true, error: null, data })

export const failed = ({ code, data, message, retryAfterMs }: Fault, requestId: string) =>
  ({
    success: false,
    error: code,
    data,
    message,
    retryable: errors[code].retryable,
    requestId,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }) as Envelope<never>
