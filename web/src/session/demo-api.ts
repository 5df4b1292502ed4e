// The demo's own endpoints at the gateway: there are no passwords, every visitor picks a user.

export type Account = { _id: string; nickName: string }
/** The Firebase project that the server is configured with. */
export type PushSettings = {
  apiKey: string
  projectId: string
  messagingSenderId: string
  appId: string
  vapidKey: string
}
export type DemoSetup = { users: Account[]; namespace: string; push: PushSettings | null }

/** A signed-in user; `namespace` is the chat's socket.io namespace. */
export type SignedIn = { account: Account; namespace: string }

async function call<T>(path: string, method: string): Promise<T> {
  const response = await fetch(path, { method })
  const { success, data } = (await response.json()) as { success: boolean; data: T }
  if (!success) throw new Error(`${path} answered ${response.status}`)
  return data
}

/** The users to pick from, the namespace, and the push settings (null without Firebase). */
export const fetchDemoSetup = () => call<DemoSetup>('/demo/users', 'GET')
export const fetchToken = async (userId: string) =>
  (await call<{ token: string }>(`/demo/tokens/${encodeURIComponent(userId)}`, 'POST')).token
