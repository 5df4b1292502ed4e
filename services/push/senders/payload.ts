import { createHash } from 'node:crypto'
import type { TokenMessage } from 'firebase-admin/messaging'
import type { Content, Platform, Push } from './sender.ts'

type Shape = Omit<TokenMessage, 'token'>
type MessageContent = Extract<Content, { kind: 'message' }>

/** APNs takes 64 bytes, a web push topic 32 characters of base64url (RFC 8030, 5.4). */
const KEY_LENGTH = 32

/** Of pushes with the same key a device that was away gets the last one; rooms' ids are usually short enough. */
export const collapseKeyOf = (roomId: string) =>
  roomId.length <= KEY_LENGTH && /^[\w-]+$/.test(roomId)
    ? roomId
    : createHash('sha256').update(roomId).digest('base64url').slice(0, KEY_LENGTH)

/** Shown by the device, also while the app is closed; a tap finds the room in `data`. */
const shown: Record<Platform, (content: MessageContent, key: string) => Shape> = {
  ANDROID: ({ badge }, key) => ({
    android: { collapseKey: key, priority: 'high', notification: { tag: key, notificationCount: badge } },
  }),
  IOS: ({ title, body, badge, roomId }, key) => ({
    apns: {
      headers: { 'apns-push-type': 'alert', 'apns-priority': '10', 'apns-collapse-id': key },
      payload: { aps: { alert: { title, body }, badge, sound: 'default', threadId: roomId } },
    },
  }),
  // Where one of the room's is shown already, the next takes its place, and is heard all the same.
  WEB: ({ title, body }, key) => ({
    webpush: {
      headers: { Urgency: 'high', Topic: key },
      notification: { title, body, tag: key, renotify: true },
    },
  }),
}

const BADGE_KEY = 'badge'
/**
 * Shows and sounds nothing. An alert with nothing but a badge is what iOS sets it by while the app is closed. Browsers
 * get none: they show something of their own for a push that shows nothing, or end the subscription.
 */
const silent: Partial<Record<Platform, (badge: number) => Shape>> = {
  ANDROID: () => ({ android: { collapseKey: BADGE_KEY, priority: 'normal' } }),
  IOS: (badge) => ({
    apns: {
      headers: { 'apns-push-type': 'alert', 'apns-priority': '5', 'apns-collapse-id': BADGE_KEY },
      payload: { aps: { badge } },
    },
  }),
}

/** A push as FCM takes it. Values of `data` are strings there. */
export function payloadOf({ token, platform, content }: Push): TokenMessage {
  const badge = String(content.badge)
  if (content.kind === 'badge')
    return { token, data: { kind: 'badge', badge }, ...silent[platform]?.(content.badge) }
  const { title, body, roomId, messageId } = content
  return {
    token,
    notification: { title, body },
    data: { kind: 'message', roomId, messageId, badge },
    ...shown[platform](content, collapseKeyOf(roomId)),
  }
}
