import { createHash } from 'node:crypto'
import type { TokenMessage } from 'firebase-admin/messaging'
import type { Content, Platform, Push } from './sender.ts'

type Shape = Omit<TokenMessage, 'token'>
type MessageContent = Extract<Content, { kind: 'message' }>

/** APNs allows 64 bytes, a web push topic 32 characters of base64url (RFC 8030, 5.4). */
const KEY_LENGTH = 32

/** A device that was offline gets only the last push of each key. Most room ids are short enough to be one. */
export const collapseKeyOf = (roomId: string) =>
  roomId.length <= KEY_LENGTH && /^[\w-]+$/.test(roomId)
    ? roomId
    : createHash('sha256').update(roomId).digest('base64url').slice(0, KEY_LENGTH)

/** The device shows these even while the app is closed. */
const visible: Record<Platform, (content: MessageContent, key: string) => Shape> = {
  ANDROID: ({ badge }, key) => ({
    android: { collapseKey: key, priority: 'high', notification: { tag: key, notificationCount: badge } },
  }),
  IOS: ({ title, body, badge, roomId }, key) => ({
    apns: {
      headers: { 'apns-push-type': 'alert', 'apns-priority': '10', 'apns-collapse-id': key },
      payload: { aps: { alert: { title, body }, badge, sound: 'default', threadId: roomId } },
    },
  }),
  // A notification replaces the room's last one, and alerts again.
  WEB: ({ title, body }, key) => ({
    webpush: {
      headers: { Urgency: 'high', Topic: key },
      notification: { title, body, tag: key, renotify: true },
    },
  }),
}

const BADGE_KEY = 'badge'
/** Browsers get no silent pushes: they would show a notification of their own, or end the subscription. */
const silent: Partial<Record<Platform, (badge: number) => Shape>> = {
  ANDROID: () => ({ android: { collapseKey: BADGE_KEY, priority: 'normal' } }),
  // An alert with only a badge: iOS sets it even while the app is closed.
  IOS: (badge) => ({
    apns: {
      headers: { 'apns-push-type': 'alert', 'apns-priority': '5', 'apns-collapse-id': BADGE_KEY },
      payload: { aps: { badge } },
    },
  }),
}

/** A push as FCM takes it. FCM requires strings in `data`. */
export function payloadOf({ token, platform, content }: Push): TokenMessage {
  const badge = String(content.badge)
  if (content.kind === 'badge')
    return { token, data: { kind: 'badge', badge }, ...silent[platform]?.(content.badge) }
  const { title, body, roomId, messageId } = content
  return {
    token,
    notification: { title, body },
    data: { kind: 'message', roomId, messageId, badge },
    ...visible[platform](content, collapseKeyOf(roomId)),
  }
}
