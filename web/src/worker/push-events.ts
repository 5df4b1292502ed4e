import { show } from './notices.ts'
import { worker } from './scope.ts'
import { tabsAbout } from './tabs.ts'

/** As FCM delivers what services/push sends. */
type Payload = {
  notification?: { title?: string; body?: string }
  data?: { roomId?: string; messageId?: string; badge?: string }
}

export async function take(event: PushEvent) {
  const { notification, data = {} } = payloadOf(event)
  if (data.badge !== undefined) await setBadge(Number(data.badge))
  const { roomId, messageId } = data
  if (!notification || (roomId !== undefined && (await isLookedAt(roomId)))) return
  await show({
    title: notification.title ?? 'Chat',
    body: notification.body ?? '',
    ...(roomId !== undefined && { roomId }),
    ...(messageId !== undefined && { messageId }),
  })
}

/** The browser lets a push pass unshown where the page is in front. */
const isLookedAt = async (roomId: string) =>
  (await tabsAbout(roomId)).some(({ standing }) => standing.isReached && standing.isLookedAt)

function payloadOf(event: PushEvent): Payload {
  try {
    return (event.data?.json() ?? {}) as Payload
  } catch {
    return {}
  }
}

/** Only an installed page has one. */
async function setBadge(count: number) {
  if ('setAppBadge' in worker.navigator) await worker.navigator.setAppBadge(count).catch(() => {})
}
