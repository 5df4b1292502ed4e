import type { BrowserContext, Route } from 'playwright-core'

// What a browser with Google's keys has, and Chromium as it is built elsewhere has not: a push service to subscribe at.
// And what Google's servers answer to those who register, as far as the library asks them.

const INSTALLATIONS = 'https://firebaseinstallations.googleapis.com/**'
const REGISTRATIONS = 'https://fcmregistrations.googleapis.com/**'

const json = (route: Route, body: object) =>
  route.fulfill({ json: body, headers: { 'access-control-allow-origin': '*' } })

export type Registration = {
  web: { endpoint: string; auth: string; p256dh: string; applicationPubKey: string }
}

/** @returns what has been registered, in order; the token of each is `tokenOf(its place)` */
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

/** In the page: subscriptions that last as long as the browser keeps the page's data. */
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

/** Google is out of reach. */
export async function cutOffFromGoogle(context: BrowserContext) {
  for (const address of [INSTALLATIONS, REGISTRATIONS]) await context.route(address, (route) => route.abort())
}
