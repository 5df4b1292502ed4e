import type { Input } from '@chat/contract'

export type Platform = Input<'registerDevice'>['platform']

export type Content =
  | { kind: 'message'; title: string; body: string; roomId: string; messageId: string; badge: number }
  | { kind: 'badge'; badge: number }

export type Push = { token: string; platform: Platform; content: Content }

/**
 * `sent`: the push service has taken it. `gone`: the device no longer exists. `refused`: no retry helps. `later`: a retry
 * may help; without an answer, the push may even have been taken.
 */
export type Outcome = { result: 'sent' } | { result: 'gone' | 'refused' | 'later'; reason: string }

/** A push service. Its outcomes are in the order of the pushes. */
export type Sender = {
  send: (pushes: Push[]) => Promise<Outcome[]>
  close: () => Promise<void>
}
