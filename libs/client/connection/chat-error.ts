import type { Envelope, ErrorCode } from '@chat/contract'

/** Two are the client's own: `CLOSED` before the answer came; `CANCELLED`, a message removed from the queue. */
export type ChatErrorCode = ErrorCode | 'CLOSED' | 'CANCELLED'

type Details = Pick<ChatError, 'retryable' | 'retryAfterMs' | 'requestId' | 'data'>

/** A failed request. `retryable`: it may succeed later. `requestId` finds it in the server's logs. */
export class ChatError extends Error {
  override name = 'ChatError'
  readonly code: ChatErrorCode
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined
  readonly requestId: string | undefined
  readonly data: unknown

  constructor(failure: { code: ChatErrorCode; message: string } & Partial<Details>) {
    super(failure.message)
    this.code = failure.code
    this.retryable = failure.retryable ?? false
    this.retryAfterMs = failure.retryAfterMs
    this.requestId = failure.requestId
    this.data = failure.data ?? null
  }
}

export const errorOf = ({ error, message, ...rest }: Envelope<unknown>) =>
  new ChatError({ ...rest, code: error ?? 'INTERNAL', message: message ?? error ?? 'INTERNAL' })

export const unavailable = (message: string) =>
  new ChatError({ code: 'SERVICE_UNAVAILABLE', message, retryable: true })

export const timedOut = () =>
  new ChatError({
    code: 'TIMEOUT',
    message: 'No answer in time: it may or may not have happened',
    retryable: true,
  })
