import { errors, Fault } from '@chat/contract'
import type { Context, Next } from 'koa'
import { digestOf } from './admission.ts'
import { answerFault, bodyOf } from './answer.ts'
import type { Idempotency } from './idempotency.ts'

/** A repeat of the request would fail in the same way. */
const isFinal = (error: unknown): error is Fault =>
  error instanceof Fault && !errors[error.code].retryable && error.code !== 'INTERNAL'

/** Honours `Idempotency-Key` on POST. The key holds for one API key. */
export const honourRepeats =
  (idempotency: Idempotency) =>
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
        if (!isFinal(error)) throw error
        answerFault(context, error)
      }
      return { status: context.status, body: JSON.stringify(context.body) }
    })
    context.status = status
    context.type = 'application/json'
    context.body = body
  }
