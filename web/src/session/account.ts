import { signal } from '@preact/signals'
import { owner } from '../push/owner.ts'

export type Account = { _id: string; nickName: string }
/** What Firebase must know to reach this browser, as the server is configured. */
export type PushSettings = {
  apiKey: string
  projectId: string
  messagingSenderId: string
  appId: string
  vapidKey: string
}
type Ready = { users: Account[]; namespace: string; push: PushSettings | null }

/** A tab's own, so that two windows can be two people. */
const KEY = 'chat:account'

async function call<T>(path: string, method: string): Promise<T> {
  const response = await fetch(path, { method })
  const { success, data } = (await response.json()) as { success: boolean; data: T }
  if (!success) throw new Error(`${path} answered ${response.status}`)
  return data
}

/** Who can be signed in as, where the chat answers, and how a closed page is reached. */
export const fetchReady = () => call<Ready>('/demo/users', 'GET')
export const fetchToken = async (userId: string) =>
  (await call<{ token: string }>(`/demo/tokens/${encodeURIComponent(userId)}`, 'POST')).token

/** Who is signed in, in this tab. */
export type SignedIn = { account: Account; namespace: string }
export const signedIn = signal<SignedIn | null>(stored() ?? fromPush())

function stored(): SignedIn | null {
  const held = sessionStorage.getItem(KEY)
  return held === null ? null : (JSON.parse(held) as SignedIn)
}

/** Whoever a push was for goes on from there. */
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

export function signOut() {
  sessionStorage.removeItem(KEY)
  signedIn.value = null
  location.hash = ''
}
