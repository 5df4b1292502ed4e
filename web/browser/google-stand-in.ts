import type { BrowserContext, Route } from 'playwright-core'

// Chromium builds without Google's keys have no push service: this file stands in for it, and for the Google servers that
// Firebase's library registers at.

const INSTALLATIONS = 'https://firebaseinstallations.googleapis.com/**'
const REGISTRATIONS = 'https://fcmregistrations.googleapis.com/**'

const json = (route: Route, body: object) =>
  route.fulfill({ json: body, headers: { 'access-control-allow-origin': '*' } })

export type Registration = {
  web: { endpoint: string; auth: string; p256dh: string; applicationPubKey: string }
}

/** @returns the registrations, in order; the token of each is `tokenOf(index + 1)` */
export async function standInForGoogle(context: BrowserContext): Promise<Registration[]> {
  const registrations: Registration[] = []
  await context.route(INSTALLATIONS, (route) => {
    const { fid } = route.request().postDataJSON() as { fid: string }
    return json(route, { fid, refreshToken: 'r', authToken: { token: 't', expiresIn: '604800s' } })
  })
  await context.route(REGISTRATIONS, (route) => {
    if (route.request().method() !== 'POST') return json(route, {})
    registrations.push(route.request().postDataJSON() as Registration)
    return json(route, { token: tokenOf(registrations.length) })
  })
  await context.addInitScript(standInForPushService)
  return registrations
}

export const tokenOf = (place: number) => `web-registration-${place}`

/** Runs in the page: subscriptions are kept in localStorage. */
function standInForPushService() {
  const KEY = 'test:endpoint'
  const keyOf = (length: number) => new Uint8Array(length).fill(4).buffer
  const held = () => {
    const endpoint = localStorage.getItem(KEY)
    if (endpoint === null) return null
    return {
      endpoint,
      getKey: (name: string) => keyOf(name === 'auth' ? 16 : 65),
      unsubscribe: async () => {
        localStorage.removeItem(KEY)
        return true
      },
    } as unknown as PushSubscription
  }
  PushManager.prototype.getSubscription = async () => held()
  PushManager.prototype.subscribe = async (options) => {
    if (options?.userVisibleOnly !== true) throw new TypeError('must show what is pushed')
    localStorage.setItem(KEY, `https://push.example/${Math.random()}`)
    return held() as PushSubscription
  }
}

/** Makes Google unreachable. */
export async function cutOffFromGoogle(context: BrowserContext) {
  for (const address of [INSTALLATIONS, REGISTRATIONS]) await context.route(address, (route) => route.abort())
}
