import { worker } from './global-scope.ts'
import type { NotificationContent, PageMessage } from './protocol.ts'
import { askWindows } from './window-clients.ts'

/** Shows one notification per room. An open tab and a push may bring the same message: it is shown once. */
export async function showNotification({ title, body, ...data }: NotificationContent) {
  const { roomId, messageId } = data
  const before = roomId === undefined ? [] : await worker.registration.getNotifications({ tag: roomId })
  if (
    messageId !== undefined &&
    before.some((shown) => (shown.data as NotificationContent).messageId === messageId)
  )
    return
  await worker.registration.showNotification(title, {
    body,
    icon: '/icon.svg',
    data,
    ...(roomId !== undefined && { tag: roomId, renotify: true }),
  } as NotificationOptions)
}

/** Opens the room in a tab of the notification's user, or in a new tab. */
export async function openFromNotification({ roomId, userId }: Partial<NotificationContent>) {
  const tabs = await askWindows(roomId ?? null)
  const own = tabs.find(({ state }) => (userId === undefined ? state.getsPushes : state.userId === userId))
  if (!own) {
    const room = roomId === undefined ? '' : `#/rooms/${encodeURIComponent(roomId)}`
    // A push does not name its user: the page signs in as the user this browser is registered for.
    await worker.clients.openWindow(`/${userId === undefined ? '?from=push' : ''}${room}`)
    return
  }
  if (roomId !== undefined) own.client.postMessage({ kind: 'openRoom', roomId } satisfies PageMessage)
  await own.client.focus()
}
