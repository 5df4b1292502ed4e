import { signal } from '@preact/signals'
import { owner } from '../push/device-owner.ts'
import type { SignedIn } from './demo-api.ts'

/** In sessionStorage: each tab can be another user. */
const KEY = 'chat:account'

/** The signed-in user of this tab. */
export const signedIn = signal<SignedIn | null>(stored() ?? fromPush())

function stored(): SignedIn | null {
  const json = sessionStorage.getItem(KEY)
  return json === null ? null : (JSON.parse(json) as SignedIn)
}

/** The address of a push has `?from=push`: it signs in the user this browser is registered for. */
function fromPush(): SignedIn | null {
  if (new URLSearchParams(location.search).get('from') !== 'push') return null
  history.replaceState(null, '', `${location.pathname}${location.hash}`)
  const deviceOwner = owner.value
  if (deviceOwner) sessionStorage.setItem(KEY, JSON.stringify(deviceOwner.signedIn))
  return deviceOwner?.signedIn ?? null
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
