import type { Answer } from './http-sender.ts'

/** Sent again; final; final, and nobody wants to hear of anything there any more. */
export type Verdict = 'delivered' | 'later' | 'refused' | 'gone'

const LATER = new Set([408, 429])

/** What an answer means for a delivery. Besides 408, 429 and 5xx only no answer at all may pass. */
export function verdictOf(answer: Answer): Verdict {
  if ('error' in answer) return answer.error === 'PRIVATE_ADDRESS' ? 'refused' : 'later'
  const { status } = answer
  if (status >= 200 && status < 300) return 'delivered'
  if (status === 410) return 'gone'
  return LATER.has(status) || status >= 500 ? 'later' : 'refused'
}
