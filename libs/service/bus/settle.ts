import { type Envelope, Fault, failed, succeeded } from '@chat/contract'
import type { Logger } from '../telemetry/logger.ts'
import { faultOf } from './outage-fault.ts'

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
