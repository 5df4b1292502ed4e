import type { OfflineChat } from '@chat/client'
import type { Message } from '@chat/contract'
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
  const seen = new Map<string, number>()
  const told = new Map<string, number>()
  const tell = (title: string, message: Message) => {
    const { roomId, seq } = message
    if (document.visibilityState !== 'hidden' || seq <= (told.get(roomId) ?? 0)) return
    told.set(roomId, seq)
    void notify({ roomId, title, message })
  }
  const offRooms = chat.on('updateRoomLastMessage', (room) => {
    const last = room.lastMessage
    if (!last || last.seq <= (seen.get(room._id) ?? 0)) return
    seen.set(room._id, last.seq)
    const isWanted = room.alarmOn && room.unReadMsgCount > 0 && last.author.authorId !== me && !last.blocked
    if (isWanted) tell(plainName(room.name), last)
  })
  // One who is spoken to by name is told though the room is silent.
  const offMentions = chat.on('mention', ({ message }) => {
    if (reachesByMention()) tell(plainName(message.author.nickName), message)
  })
  const onClick = (event: MessageEvent) => {
    const { roomId } = (event.data ?? {}) as { roomId?: unknown }
    if (typeof roomId === 'string') openRoomAt(roomId)
  }
  if (canNotify) navigator.serviceWorker.addEventListener('message', onClick)
  return () => {
    offRooms()
    offMentions()
    if (canNotify) navigator.serviceWorker.removeEventListener('message', onClick)
  }
}

type Shown = { roomId: string; title: string; message: Message }

async function notify({ roomId, title, message }: Shown) {
  if (permission.value !== 'granted') return
  const registration = await navigator.serviceWorker.ready
  await registration.showNotification(title, {
    body: `${plainName(message.author.nickName)}: ${plainText(previewOf(message))}`,
    tag: roomId,
    icon: '/icon.svg',
    data: { roomId },
  })
}

const MENTION_KEY = 'chat:mention-alarm'

/** The server keeps it and does not tell it: this browser remembers what was set here. */
export const reachesByMention = () => localStorage.getItem(MENTION_KEY) !== 'off'
export const keepMentionAlarm = (on: boolean) => localStorage.setItem(MENTION_KEY, on ? 'on' : 'off')
