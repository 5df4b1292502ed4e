import { ChatError } from './chat-error.ts'

const RETRY_MIN_MS = 250
const RETRY_MAX_MS = 5_000

/** Resolves after `ms`; rejects with the signal's reason once it is aborted, and leaves no timer. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** Milliseconds before the next attempt: doubling, with jitter so that many clients do not come back at once. */
export const backoff = (attempt: number, minMs = RETRY_MIN_MS, maxMs = RETRY_MAX_MS) =>
  Math.min(maxMs, minMs * 2 ** attempt) * (0.5 + Math.random() / 2)

/** Retries until the task succeeds, fails for good, or is no longer wanted; waits as long as the server says. */
export async function persist<T>(
  task: () => Promise<T>,
  signal: AbortSignal,
  isWanted: (error: ChatError) => boolean = () => true,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await task()
    } catch (error) {
      if (!(error instanceof ChatError) || !error.retryable || !isWanted(error)) throw error
      await sleep(error.retryAfterMs ?? backoff(attempt), signal)
    }
  }
}
