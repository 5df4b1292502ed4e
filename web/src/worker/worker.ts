/// <reference lib="webworker" />
// What remains of the page when its tab is closed: it shows what is pushed, and leads back to the room.
// `push` is what a push service delivers to this browser: title, body and roomId, as services/push sends them.

type Payload = {
  notification?: { title?: string; body?: string }
  data?: { kind?: string; roomId?: string; badge?: string }
}
const worker = globalThis as unknown as ServiceWorkerGlobalScope

const readPayload = (event: PushEvent): Payload => {
  try {
    return (event.data?.json() ?? {}) as Payload
  } catch {
    return {}
  }
}

worker.addEventListener('install', () => void worker.skipWaiting())
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))

worker.addEventListener('push', (event) => {
  const { notification = {}, data = {} } = readPayload(event)
  // Read elsewhere: nothing to show, but another number.
  if (data.kind === 'badge') {
    event.waitUntil(worker.navigator.setAppBadge(Number(data.badge ?? 0)).catch(() => {}))
    return
  }
  const shown = worker.registration.showNotification(notification.title ?? 'Chat', {
    body: notification.body ?? '',
    icon: '/icon.svg',
    data,
    ...(data.roomId !== undefined && { tag: data.roomId }),
  })
  event.waitUntil(shown)
})

worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(lead((event.notification.data as Payload['data'])?.roomId))
})

async function lead(roomId: string | undefined) {
  const [tab] = await worker.clients.matchAll({ type: 'window' })
  if (!tab) {
    await worker.clients.openWindow(roomId === undefined ? '/' : `/#/rooms/${encodeURIComponent(roomId)}`)
    return
  }
  await tab.focus()
  tab.postMessage({ roomId })
}
