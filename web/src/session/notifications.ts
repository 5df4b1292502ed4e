import type { OfflineChat } from '@chat/client'
import type { Message } from '@chat/contract'
import { computed, signal } from '@preact/signals'
import { owner } from '../push/device-owner.ts'
import { previewOf } from '../text/message-preview.ts'
import { plainName, plainText } from '../text/plain-text.ts'
import type { NotificationContent, PageMessage, WindowState } from '../worker/protocol.ts'
import { signedIn } from './account.ts'
import { openRoom, openRoomId } from './route.ts'

export const canNotify = 'Notification' in globalThis && 'serviceWorker' in navigator
export const permission = signal<NotificationPermission>(canNotify ? Notification.permission : 'denied')

/** Users who turned notifications off. A page cannot revoke the browser's permission, so it leaves it unused. */
const UNWANTED_KEY = 'chat:no-notifications'
const unwantedBy = signal(JSON.parse(localStorage.getItem(UNWANTED_KEY) ?? '[]') as readonly string[])
const me = () => signedIn.value?.account._id ?? ''

/** Whether the browser shows notifications for the signed-in user. */
export const areNotificationsOn = computed(
  () => permission.value === 'granted' && !unwantedBy.value.includes(me()),
)

function storeWanted(isOn: boolean) {
  const others = unwantedBy.value.filter((userId) => userId !== me())
  unwantedBy.value = isOn ? others : [...others, me()]
  localStorage.setItem(UNWANTED_KEY, JSON.stringify(unwantedBy.value))
}

/** Asks for permission if that is still open. */
export async function turnNotificationsOn() {
  permission.value = await Notification.requestPermission()
  storeWanted(true)
}
export const turnNotificationsOff = () => storeWanted(false)

/** The user may have changed it in the browser's settings. */
export const refreshPermission = () => {
  if (canNotify) permission.value = Notification.permission
}

/** Shows new messages as notifications while the page is hidden. @returns a function that stops it */
export function watchNotifications(chat: OfflineChat, me: string): () => void {
  const seen = new Map<string, number>()
  const notified = new Map<string, number>()
  const notify = (title: string, message: Message) => {
    const { roomId, seq } = message
    if (document.visibilityState !== 'hidden' || seq <= (notified.get(roomId) ?? 0)) return
    notified.set(roomId, seq)
    const body = `${plainName(message.author.nickName)}: ${plainText(previewOf(message))}`
    if (areNotificationsOn.value)
      void showNotification({ title, body, roomId, messageId: message._id, userId: me })
  }
  const stopRooms = chat.on('updateRoomLastMessage', (room) => {
    // The room was read, here or on another device.
    if (room.unReadMsgCount === 0 && areNotificationsOn.value) void closeNotifications(room._id)
    const last = room.lastMessage
    if (!last || last.seq <= (seen.get(room._id) ?? 0)) return
    seen.set(room._id, last.seq)
    const isWanted = room.alarmOn && room.unReadMsgCount > 0 && last.author.authorId !== me && !last.blocked
    if (isWanted) notify(plainName(room.name), last)
  })
  // A mention notifies even if the room's alarm is off.
  const stopMentions = chat.on('mention', ({ message }) => {
    if (isMentionAlarmOn()) notify(plainName(message.author.nickName), message)
  })
  const stopAnswering = answerWorker(me)
  return () => {
    stopRooms()
    stopMentions()
    stopAnswering()
  }
}

/** Through the worker, which knows the notifications that are shown. */
async function showNotification(content: NotificationContent) {
  const { active } = await navigator.serviceWorker.ready
  active?.postMessage(content)
}

async function closeNotifications(roomId: string) {
  const registration = await navigator.serviceWorker.ready
  for (const shown of await registration.getNotifications({ tag: roomId })) shown.close()
}

/** The worker opens rooms in this tab and asks for the tab's state. */
function answerWorker(me: string): () => void {
  if (!canNotify) return () => {}
  const onMessage = ({ data, ports }: MessageEvent<PageMessage>) => {
    if (data.kind === 'openRoom') openRoom(data.roomId)
    if (data.kind === 'askState') ports[0]?.postMessage(windowState(data.roomId, me))
  }
  navigator.serviceWorker.addEventListener('message', onMessage)
  return () => navigator.serviceWorker.removeEventListener('message', onMessage)
}

const windowState = (roomId: string | null, me: string): WindowState => ({
  userId: me,
  getsPushes: owner.value?.signedIn.account._id === me,
  isRoomVisible: document.visibilityState === 'visible' && openRoomId.value === roomId,
})

const MENTION_KEY = 'chat:mention-alarm'

/** The server stores this setting but does not return it, so the browser remembers it. */
export const isMentionAlarmOn = () => localStorage.getItem(MENTION_KEY) !== 'off'
export const storeMentionAlarm = (on: boolean) => localStorage.setItem(MENTION_KEY, on ? 'on' : 'off')
