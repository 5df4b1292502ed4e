import { signal } from '@preact/signals'
import { owner } from '../push/device-owner.ts'
import type { SignedIn } from './demo-api.ts'

/** In sessionStorage: each tab can be another user. */
const KEY = 'chat:account'

/** The signed-in user of this tab. */
export const signedIn = signal<SignedIn | null>(stored() ?? fromPush())

function stored(): SignedIn | null {
  const held = sessionStorage.getItem(KEY)
  return held === null ? null : (JSON.parse(held) as SignedIn)
}

/** The address of a push has `?from=push`: it signs in the user this browser is registered for. */
function fromPush(): SignedIn | null {
  if (new URLSearchParams(location.search).get('from') !== 'push') return null
  history.replaceState(null, '', `${location.pathname}${location.hash}`)
  const reached = owner.value
  if (reached) sessionStorage.setItem(KEY, JSON.stringify(reached.signedIn))
  return reached?.signedIn ?? null
}

export function signIn(next: SignedIn) {
  sessionStorage.setItem(KEY, JSON.stringify(next))
  signedIn.value = next
}

export function clearSignIn() {
  sessionStorage.removeItem(KEY)
  signedIn.value = null
  location.hash = ''
}
