import { errors, Fault, failed } from '@chat/contract'
import type { Context, Next } from 'koa'
import { bodyOf } from './answer.ts'
import { digestOf, type Idempotency } from './idempotency-store.ts'

/** What of a failure may be kept: sent again, it would fail alike. */
const isFinal = (fault: Fault) => !errors[fault.code].retryable && fault.code !== 'INTERNAL'

/** Honours `Idempotency-Key` on POST: by key of the API and of the request. */
export const honourRepeats =
  (idempotency: Idempotency, statusOf: (path: string, fault: Fault) => number) =>
  async (context: Context, next: Next): Promise<void> => {
    const key = context.get('idempotency-key')
    if (context.method !== 'POST' || key === '') return next()
    if (!/^[\x21-\x7e]{1,255}$/.test(key))
      throw new Fault('INVALID_REQUEST', {
        message: 'An Idempotency-Key is 1 to 255 visible ASCII characters',
      })
    const id = digestOf(context.state.apiKey as string, key)
    context.state.attemptId = id
    const digest = digestOf(context.method, context.path, JSON.stringify(bodyOf(context)))
    const { userId } = context.params as { userId?: string }
    const { status, body } = await idempotency.once({ id, digest, userId }, async () => {
      try {
        await next()
      } catch (error) {
        if (!(error instanceof Fault) || !isFinal(error)) throw error
        context.status = statusOf(context.path, error)
        context.body = failed(error, context.state.requestId)
        context.state.code = error.code
      }
      return { status: context.status, body: JSON.stringify(context.body) }
    })
    context.status = status
    context.type = 'application/json'
    context.body = body
  }
