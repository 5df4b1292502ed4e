import type { Input } from '@chat/contract'

export type Platform = Input<'registerDevice'>['platform']

/** What a device shows, or, silently, only what its badge says. */
export type Content =
  | { kind: 'message'; title: string; body: string; roomId: string; messageId: string; badge: number }
  | { kind: 'badge'; badge: number }

export type Push = { token: string; platform: Platform; content: Content }

/**
 * What became of a push. `sent`: the push service has it. `gone`: no such device any more. `refused`: it will never be
 * taken. `later`: it may be taken at another time; it may even have been taken, where no answer came.
 */
export type Outcome = { result: 'sent' } | { result: 'gone' | 'refused' | 'later'; reason: string }

/** One of the ways to reach devices. Its outcomes are in the order of the pushes. */
export type Sender = {
  send: (pushes: Push[]) => Promise<Outcome[]>
  close: () => Promise<void>
}
