import { worker } from './global-scope.ts'
import { showNotification } from './notifications.ts'
import { askWindows } from './window-clients.ts'

/** The payload that FCM delivers for a push of services/push. */
type Payload = {
  notification?: { title?: string; body?: string }
  data?: { roomId?: string; messageId?: string; badge?: string }
}

export async function handlePush(event: PushEvent) {
  const { notification, data = {} } = payloadOf(event)
  if (data.badge !== undefined) await setBadge(Number(data.badge))
  const { roomId, messageId } = data
  if (!notification || (roomId !== undefined && (await isRoomVisible(roomId)))) return
  await showNotification({
    title: notification.title ?? 'Chat',
    body: notification.body ?? '',
    ...(roomId !== undefined && { roomId }),
    ...(messageId !== undefined && { messageId }),
  })
}

/** Browsers allow a push without a notification only while the page is visible. */
const isRoomVisible = async (roomId: string) =>
  (await askWindows(roomId)).some(({ state }) => state.getsPushes && state.isRoomVisible)

function payloadOf(event: PushEvent): Payload {
  try {
    return (event.data?.json() ?? {}) as Payload
  } catch {
    return {}
  }
}

/** Only an installed page has a badge. */
async function setBadge(count: number) {
  if ('setAppBadge' in worker.navigator) await worker.navigator.setAppBadge(count).catch(() => {})
}
