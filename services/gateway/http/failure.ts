import type { ServerResponse } from 'node:http'
import { errors, Fault, failed } from '@chat/contract'
import { faultOf, type Logger } from '@chat/service'

/** Answers with the envelope of a failure. What is not a Fault is logged, and leaves as INTERNAL. */
export function answerFailure(response: ServerResponse, error: unknown, requestId: string, logger: Logger) {
  const known = faultOf(error)
  if (!known) logger.error({ err: error, requestId }, 'http request failed')
  const fault = known ?? new Fault('INTERNAL')
  if (fault.retryAfterMs !== undefined)
    response.setHeader('retry-after', Math.ceil(fault.retryAfterMs / 1000))
  response.writeHead(errors[fault.code].http, { 'content-type': 'application/json' })
  response.end(JSON.stringify(failed(fault, requestId)))
}
