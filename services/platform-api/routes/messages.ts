import type { Route } from './route.ts'

const tag = 'messages'
const all = '/v1/rooms/{roomId}/messages'
const one = `${all}/{messageId}`
/** A repeat with the same Idempotency-Key never stores a second message, even where the first answer was lost. */
const defaults = { syncKey: (key: string) => key }

export const messageRoutes: Route[] = [
  { method: 'post', path: all, tag, status: 201, defaults, operation: 'postMessage' },
  { method: 'get', path: all, tag, operation: 'listRoomMessages' },
  { method: 'get', path: one, tag, operation: 'getMessage' },
  { method: 'patch', path: one, tag, operation: 'updateMessage' },
  { method: 'delete', path: one, tag, operation: 'removeMessage' },
  { method: 'get', path: '/v1/reports', tag: 'reports', operation: 'listReports' },
]
