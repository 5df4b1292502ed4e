import { worker } from './global-scope.ts'
import { showNotification } from './notifications.ts'
import { askWindows } from './window-clients.ts'

/** The payload that FCM delivers for a push of services/push. */
type Payload = { notification?: Notice; data?: Place & { badge?: string } }
type Notice = { title?: string; body?: string }
type Place = { roomId?: string; messageId?: string }

export async function handlePush(event: PushEvent) {
  const { notification, data = {} } = payloadOf(event)
  // Side by side: a notification must not wait for a slow badge.
  await Promise.all([
    data.badge !== undefined && setBadge(Number(data.badge)),
    notification && showUnlessVisible(notification, data),
  ])
}

async function showUnlessVisible({ title = 'Chat', body = '' }: Notice, { roomId, messageId }: Place) {
  if (roomId !== undefined && (await isRoomVisible(roomId))) return
  await showNotification({
    title,
    body,
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
