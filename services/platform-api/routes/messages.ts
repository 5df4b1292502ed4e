import type { Route } from './route.ts'

const tag = 'messages'
const all = '/v1/rooms/{roomId}/messages'
const one = `${all}/{messageId}`
/** The same request again, by its Idempotency-Key, is the same message, whatever became of the first. */
const filled = { syncKey: (key: string) => key }

export const messageRoutes: Route[] = [
  { method: 'post', path: all, tag, status: 201, filled, operation: 'postMessage' },
  { method: 'get', path: all, tag, operation: 'listRoomMessages' },
  { method: 'get', path: one, tag, operation: 'getMessage' },
  { method: 'patch', path: one, tag, operation: 'updateMessage' },
  { method: 'delete', path: one, tag, operation: 'removeMessage' },
  { method: 'get', path: '/v1/reports', tag: 'reports', operation: 'listReports' },
]
