import type { Notice, ToPage } from './protocol.ts'
import { worker } from './scope.ts'
import { tabsAbout } from './tabs.ts'

/** The last of each room, once: an open tab and a push may tell of the same message. */
export async function show({ title, body, ...data }: Notice) {
  const { roomId, messageId } = data
  const before = roomId === undefined ? [] : await worker.registration.getNotifications({ tag: roomId })
  if (messageId !== undefined && before.some((shown) => (shown.data as Notice).messageId === messageId))
    return
  await worker.registration.showNotification(title, {
    body,
    icon: '/icon.svg',
    data,
    ...(roomId !== undefined && { tag: roomId, renotify: true }),
  } as NotificationOptions)
}

/** To the room, in a tab of whose notice it is, or in a new one. */
export async function lead({ roomId, userId }: Partial<Notice>) {
  const tabs = await tabsAbout(roomId ?? null)
  const own = tabs.find(({ standing }) =>
    userId === undefined ? standing.isReached : standing.userId === userId,
  )
  if (!own) {
    const room = roomId === undefined ? '' : `#/rooms/${encodeURIComponent(roomId)}`
    // The page is told that it is opened for whoever this browser is registered for.
    await worker.clients.openWindow(`/${userId === undefined ? '?from=push' : ''}${room}`)
    return
  }
  if (roomId !== undefined) own.client.postMessage({ kind: 'open', roomId } satisfies ToPage)
  await own.client.focus()
}
