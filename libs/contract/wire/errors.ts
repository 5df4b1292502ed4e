/** Every code that `error` can carry: its HTTP status on `/v1`, whether the same request may succeed later, and one sentence for people. */
export const errors = {
  CLIENT_ID_NO_EXISTS: {
    http: 401,
    retryable: true,
    text: 'This connection has no session: connect again and retry',
  },
  ROOM_NO_EXISTS: { http: 404, retryable: false, text: 'There is no such room for you' },
  FILE_NO_EXISTS_WITH_SYNC_KEY: {
    http: 404,
    retryable: false,
    text: 'No upload goes by this syncKey: send the file from its start',
  },
  SEND_FILE_IS_EMPTY: { http: 400, retryable: false, text: 'The file data is empty' },
  WRONG_TARGET_USER_IDS: {
    http: 400,
    retryable: false,
    text: 'None of the given users can be the target of this',
  },
  JOIN_USER_ALREADY_EXISTS: {
    http: 409,
    retryable: false,
    text: 'All of the given users are in the room already',
  },
  ROOM_ALREADY_EXISTS: {
    http: 409,
    retryable: false,
    text: 'A room for this link and these people exists already',
  },
  ROOM_IS_FREEZED_CAN_NOT_BE_CHANGED: { http: 409, retryable: false, text: 'The room is frozen' },
  ROOM_RULES_CAN_NOT_INVITE_MEMBERS: {
    http: 403,
    retryable: false,
    text: 'The rules of this room do not let members invite',
  },
  INVITER_ID_IS_NOT_MASTER: { http: 403, retryable: false, text: 'The inviter is not a master of this room' },
  JOIN_USERS_EMPTY: { http: 400, retryable: false, text: 'There is nobody to add' },
  INVALID_REQUEST: { http: 400, retryable: false, text: 'The request is not what the contract says' },
  TOKEN_INVALID: { http: 401, retryable: false, text: 'The token is not valid here' },
  TOKEN_EXPIRED: {
    http: 401,
    retryable: false,
    text: 'The token has expired: fetch a new one and connect again',
  },
  UNAUTHORIZED: { http: 401, retryable: false, text: 'The key is missing or wrong' },
  FORBIDDEN: { http: 403, retryable: false, text: 'This is not allowed' },
  USER_IS_NOT_MASTER: { http: 403, retryable: false, text: 'Only a master of the room may do this' },
  USER_IS_MUTED: { http: 403, retryable: false, text: 'You are muted in this room' },
  USER_IS_BANNED: { http: 403, retryable: false, text: 'All of the given users are banned from this room' },
  USER_NO_EXISTS: { http: 404, retryable: false, text: 'There is no such user' },
  ROOM_IS_FULL: { http: 409, retryable: false, text: 'The room has as many members as it may have' },
  ROOM_RULES_CAN_NOT_LEAVE: {
    http: 403,
    retryable: false,
    text: 'The rules of this room do not let members leave',
  },
  ROOM_RULES_CAN_NOT_DELETE: {
    http: 403,
    retryable: false,
    text: 'The rules of this room do not let messages be deleted',
  },
  ROOM_RULES_CAN_NOT_SHARE: {
    http: 403,
    retryable: false,
    text: 'The rules of this room do not let messages be shared',
  },
  MESSAGE_NO_EXISTS: { http: 404, retryable: false, text: 'There is no such message in this room' },
  MESSAGE_TOO_LONG: { http: 413, retryable: false, text: 'The text is longer than allowed' },
  MESSAGE_HAS_BANNED_WORD: {
    http: 422,
    retryable: false,
    text: 'The text has a word that is not allowed here',
  },
  FILE_NO_EXISTS: { http: 404, retryable: false, text: 'There is no such file for you' },
  FILE_TOO_LARGE: { http: 413, retryable: false, text: 'The file is larger than allowed' },
  FILE_TYPE_NOT_ALLOWED: { http: 415, retryable: false, text: 'Files of this type are not allowed' },
  FILE_CHUNK_OUT_OF_ORDER: { http: 409, retryable: false, text: 'A chunk before this one is missing' },
  TYPING_ONLY_IN_ONE_TO_ONE: { http: 409, retryable: false, text: 'Typing is shown in rooms of two only' },
  MAIL_NOT_CONFIGURED: { http: 501, retryable: false, text: 'No mail server is configured here' },
  WEBHOOK_NO_EXISTS: {
    http: 404,
    retryable: false,
    text: 'There is no such webhook, or no such delivery of it',
  },
  CURSOR_EXPIRED: {
    http: 410,
    retryable: false,
    text: 'The list has changed too much: start from its first page',
  },
  RATE_LIMITED: { http: 429, retryable: true, text: 'Too many requests: wait and send again' },
  TIMEOUT: { http: 504, retryable: true, text: 'No answer in time: it may or may not have happened' },
  SERVICE_UNAVAILABLE: { http: 503, retryable: true, text: 'Try again shortly' },
  INTERNAL: {
    http: 500,
    retryable: false,
    text: 'Something went wrong here; the request id finds it in our logs',
  },
} as const

export type ErrorCode = keyof typeof errors

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

export function failed(fault: Fault, requestId: string): Envelope<never> {
  const envelope: Envelope<unknown> = {
    success: false,
    error: fault.code,
    data: fault.data,
    message: fault.message,
    retryable: errors[fault.code].retryable,
    requestId,
  }
  if (fault.retryAfterMs !== undefined) envelope.retryAfterMs = fault.retryAfterMs
  return envelope as Envelope<never>
}
