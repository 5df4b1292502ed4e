import { type Envelope, type ErrorCode, Fault, failed, succeeded } from '@chat/contract'
import type { Logger } from '../telemetry/logger.ts'

/** Errors of libraries that mean that a dependency is unavailable, by name. */
const outages: Record<string, ErrorCode> = {
  MongoNetworkError: 'SERVICE_UNAVAILABLE',
  MongoNetworkTimeoutError: 'SERVICE_UNAVAILABLE',
  MongoServerSelectionError: 'SERVICE_UNAVAILABLE',
  MongoNotConnectedError: 'SERVICE_UNAVAILABLE',
  MongoTopologyClosedError: 'SERVICE_UNAVAILABLE',
  MongoPoolClearedError: 'SERVICE_UNAVAILABLE',
  MongoPoolClosedError: 'SERVICE_UNAVAILABLE',
  MongoWaitQueueTimeoutError: 'SERVICE_UNAVAILABLE',
  PoolClearedOnNetworkError: 'SERVICE_UNAVAILABLE',
  MongooseServerSelectionError: 'SERVICE_UNAVAILABLE',
  ClosedConnectionError: 'SERVICE_UNAVAILABLE',
  DrainingConnectionError: 'SERVICE_UNAVAILABLE',
  ConnectionError: 'SERVICE_UNAVAILABLE',
  NoResponders: 'SERVICE_UNAVAILABLE',
  StorageError: 'SERVICE_UNAVAILABLE',
  TimeoutError: 'TIMEOUT',
}

/** What a socket of a dependency fails with. The database's driver passes some on as they are. */
const socketErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
])

/** The fault to answer with; null where the error is a bug. */
export function faultOf(error: unknown): Fault | null {
  // A chain of causes may be a circle.
  const seen = new Set<unknown>()
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    if (at instanceof Fault) return at
    const code = outages[at.name]
    if (code) return new Fault(code)
    if ('code' in at && socketErrors.has(at.code as string)) return new Fault('SERVICE_UNAVAILABLE')
    seen.add(at)
  }
  return null
}

/** Turns an outcome into an envelope. An error that is no Fault and no outage is logged and becomes `INTERNAL`. */
export async function settle<T>(
  work: () => Promise<T>,
  context: { logger: Logger; operation: string; requestId: string },
): Promise<Envelope<T>> {
  const { logger, operation, requestId } = context
  try {
    return succeeded(await work())
  } catch (error) {
    const fault = faultOf(error)
    if (!fault) logger.error({ err: error, operation, requestId }, 'request failed')
    else if (!(error instanceof Fault))
      logger.warn({ err: error, operation, requestId }, 'dependency unavailable')
    return failed(fault ?? new Fault('INTERNAL'), requestId)
  }
}
