import { faultOf } from '../bus/outage-fault.ts'

/** Labels of a database that has no primary at the moment, or is giving up its role. */
const PASSING_LABELS = ['RetryableWriteError', 'TransientTransactionError', 'RetryableError']

/** Whether something that the work needs is away, so that the work itself may be without fault. */
export function isOutage(error: unknown): boolean {
  const code = faultOf(error)?.code
  if (code === 'SERVICE_UNAVAILABLE' || code === 'TIMEOUT') return true
  const labels = error instanceof Error && 'errorLabels' in error ? error.errorLabels : null
  return Array.isArray(labels) && labels.some((label) => PASSING_LABELS.includes(label))
}
