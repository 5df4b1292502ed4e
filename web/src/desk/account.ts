import { signal } from '@preact/signals'

export type Account = { _id: string; nickName: string }
type Ready = { users: Account[]; namespace: string }

/** A tab's own, so that two windows can be two people. */
const KEY = 'chat:account'

async function call<T>(path: string, method: string): Promise<T> {
  const response = await fetch(path, { method })
  const { success, data } = (await response.json()) as { success: boolean; data: T }
  if (!success) throw new Error(`${path} answered ${response.status}`)
  return data
}

/** Who can be signed in as, and where the chat answers. */
export const fetchReady = () => call<Ready>('/demo/users', 'GET')
export const fetchToken = async (userId: string) =>
  (await call<{ token: string }>(`/demo/tokens/${encodeURIComponent(userId)}`, 'POST')).token

/** Who is signed in, in this tab. */
export type SignedIn = { account: Account; namespace: string }
const stored = sessionStorage.getItem(KEY)
export const signedIn = signal<SignedIn | null>(stored === null ? null : (JSON.parse(stored) as SignedIn))

export function signIn(next: SignedIn) {
  sessionStorage.setItem(KEY, JSON.stringify(next))
  signedIn.value = next
}

export function signOut() {
  sessionStorage.removeItem(KEY)
  signedIn.value = null
  location.hash = ''
}
