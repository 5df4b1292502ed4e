import type { Route } from './route.ts'

const tag = 'banned words'
const all = '/v1/banned-words'
const one = '/v1/rooms/{roomId}/banned-words'

export const bannedWordRoutes: Route[] = [
  { method: 'get', path: all, tag, operation: 'listBannedWords' },
  { method: 'put', path: all, tag, operation: 'putBannedWords' },
  { method: 'post', path: all, tag, operation: 'addBannedWords' },
  { method: 'delete', path: all, tag, takesBody: true, operation: 'removeBannedWords' },
  { method: 'get', path: one, tag, operation: 'listRoomBannedWords' },
  { method: 'put', path: one, tag, operation: 'putRoomBannedWords' },
  { method: 'post', path: one, tag, operation: 'addRoomBannedWords' },
  { method: 'delete', path: one, tag, takesBody: true, operation: 'removeRoomBannedWords' },
]
