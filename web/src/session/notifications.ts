import type { OfflineChat } from '@chat/client'
import type { Message } from '@chat/contract'
import { computed, signal } from '@preact/signals'
import { owner } from '../push/owner.ts'
import { plainName, plainText } from '../text/plain.ts'
import type { Notice, Standing, ToPage } from '../worker/protocol.ts'
import { signedIn } from './account.ts'
import { previewOf } from './preview.ts'
import { openRoomAt, openRoomId } from './route.ts'

export const canNotify = 'Notification' in globalThis && 'serviceWorker' in navigator
export const permission = signal<NotificationPermission>(canNotify ? Notification.permission : 'denied')

/** Who wants none, of those who use this browser. What it allows, only it can take back: here it is left unused. */
const UNWANTED_KEY = 'chat:no-notifications'
const unwantedBy = signal(JSON.parse(localStorage.getItem(UNWANTED_KEY) ?? '[]') as readonly string[])
const me = () => signedIn.value?.account._id ?? ''

/** Whether the browser shows what comes for who is signed in. */
export const areOn = computed(() => permission.value === 'granted' && !unwantedBy.value.includes(me()))

function want(isOn: boolean) {
  const others = unwantedBy.value.filter((userId) => userId !== me())
  unwantedBy.value = isOn ? others : [...others, me()]
  localStorage.setItem(UNWANTED_KEY, JSON.stringify(unwantedBy.value))
}

/** Asks, where that was not done yet. */
export async function turnNotificationsOn() {
  permission.value = await Notification.requestPermission()
  want(true)
}
export const turnNotificationsOff = () => want(false)

/** It may have been changed in the browser's own settings. */
export const lookAtPermission = () => {
  if (canNotify) permission.value = Notification.permission
}

/** Shows what comes while nobody looks at the page. @returns how to stop it */
export function watchNotifications(chat: OfflineChat, me: string): () => void {
  const seen = new Map<string, number>()
  const told = new Map<string, number>()
  const tell = (title: string, message: Message) => {
    const { roomId, seq } = message
    if (document.visibilityState !== 'hidden' || seq <= (told.get(roomId) ?? 0)) return
    told.set(roomId, seq)
    const body = `${plainName(message.author.nickName)}: ${plainText(previewOf(message))}`
    if (areOn.value) void show({ title, body, roomId, messageId: message._id, userId: me })
  }
  const offRooms = chat.on('updateRoomLastMessage', (room) => {
    // Read, here or on another device.
    if (room.unReadMsgCount === 0 && areOn.value) void takeBack(room._id)
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
  const stopAnswering = answerWorker(me)
  return () => {
    offRooms()
    offMentions()
    stopAnswering()
  }
}

/** By the worker, which knows what has been shown already. */
async function show(notice: Notice) {
  const { active } = await navigator.serviceWorker.ready
  active?.postMessage(notice)
}

async function takeBack(roomId: string) {
  const registration = await navigator.serviceWorker.ready
  for (const shown of await registration.getNotifications({ tag: roomId })) shown.close()
}

/** The worker leads to rooms, and asks what this tab has to do with one. */
function answerWorker(me: string): () => void {
  if (!canNotify) return () => {}
  const onMessage = ({ data, ports }: MessageEvent<ToPage>) => {
    if (data.kind === 'open') openRoomAt(data.roomId)
    if (data.kind === 'about') ports[0]?.postMessage(standingIn(data.roomId, me))
  }
  navigator.serviceWorker.addEventListener('message', onMessage)
  return () => navigator.serviceWorker.removeEventListener('message', onMessage)
}

const standingIn = (roomId: string | null, me: string): Standing => ({
  userId: me,
  isReached: owner.value?.signedIn.account._id === me,
  isLookedAt: document.visibilityState === 'visible' && openRoomId.value === roomId,
})

const MENTION_KEY = 'chat:mention-alarm'

/** The server keeps it and does not tell it: this browser remembers what was set here. */
export const reachesByMention = () => localStorage.getItem(MENTION_KEY) !== 'off'
export const keepMentionAlarm = (on: boolean) => localStorage.setItem(MENTION_KEY, on ? 'on' : 'off')
