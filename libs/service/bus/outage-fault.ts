import { type ErrorCode, Fault } from '@chat/contract'

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
