import type { OfflineChat } from '@chat/client'
import type { Room } from '@chat/contract'
import { signal } from '@preact/signals'
import { plainName, plainText } from '../text/plain.ts'
import { previewOf } from './preview.ts'
import { openRoomAt } from './route.ts'

export const canNotify = 'Notification' in globalThis && 'serviceWorker' in navigator
export const permission = signal<NotificationPermission>(canNotify ? Notification.permission : 'denied')

export async function askForNotifications() {
  permission.value = await Notification.requestPermission()
}

/** Shows what comes while nobody looks at the page. @returns how to stop it */
export function watchNotifications(chat: OfflineChat, me: string): () => void {
  const shown = new Map<string, number>()
  const offRooms = chat.on('updateRoomLastMessage', (room) => {
    const last = room.lastMessage
    if (!last || last.seq <= (shown.get(room._id) ?? 0)) return
    shown.set(room._id, last.seq)
    const isWanted = room.alarmOn && room.unReadMsgCount > 0 && last.author.authorId !== me && !last.blocked
    if (isWanted && document.visibilityState === 'hidden') void notify(room)
  })
  const onClick = (event: MessageEvent) => {
    const { roomId } = (event.data ?? {}) as { roomId?: unknown }
    if (typeof roomId === 'string') openRoomAt(roomId)
  }
  if (canNotify) navigator.serviceWorker.addEventListener('message', onClick)
  return () => {
    offRooms()
    if (canNotify) navigator.serviceWorker.removeEventListener('message', onClick)
  }
}

async function notify(room: Room) {
  if (permission.value !== 'granted' || !room.lastMessage) return
  const registration = await navigator.serviceWorker.ready
  const { author } = room.lastMessage
  await registration.showNotification(plainName(room.name), {
    body: `${plainName(author.nickName)}: ${plainText(previewOf(room.lastMessage))}`,
    tag: room._id,
    icon: '/icon.svg',
    data: { roomId: room._id },
  })
}
