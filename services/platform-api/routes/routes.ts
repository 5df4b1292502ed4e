import { type Route, tagged } from './route.ts'
import { userRoutes } from './users.ts'
import { webhookRoutes } from './webhooks.ts'

const room = '/v1/rooms/{roomId}'
const member = `${room}/members/{userId}`
const announcement = `${room}/announcement`
const messages = `${room}/messages`
const message = `${messages}/{messageId}`
const bannedWords = '/v1/banned-words'
const roomBannedWords = `${room}/banned-words`

/** The table of the HTTP API: dispatch, validation and documents come from it. */
export const routes: Route[] = [
  ...userRoutes,
  ...tagged('rooms', [
    { method: 'post', path: '/v1/rooms', status: 201, operation: 'createRoom' },
    { method: 'get', path: '/v1/rooms', operation: 'listRooms' },
    { method: 'get', path: room, operation: 'getRoom' },
    { method: 'patch', path: room, operation: 'updateRoom' },
    { method: 'delete', path: room, operation: 'deleteRoom' },
    { method: 'get', path: announcement, operation: 'getAnnouncement' },
    { method: 'put', path: announcement, operation: 'putAnnouncement' },
    { method: 'delete', path: announcement, operation: 'removeAnnouncement' },
  ]),
  ...tagged('members', [
    { method: 'post', path: `${room}/members`, status: 201, operation: 'addMembers' },
    { method: 'get', path: `${room}/members`, operation: 'listRoomMembers' },
    { method: 'get', path: member, operation: 'getMember' },
    { method: 'patch', path: member, operation: 'updateMember' },
    { method: 'delete', path: member, operation: 'removeMember' },
  ]),
  ...tagged('messages', [
    { method: 'post', path: messages, status: 201, makesSyncKey: true, operation: 'postMessage' },
    { method: 'get', path: messages, operation: 'listRoomMessages' },
    { method: 'get', path: message, operation: 'getMessage' },
    { method: 'patch', path: message, operation: 'updateMessage' },
    { method: 'delete', path: message, operation: 'removeMessage' },
  ]),
  ...tagged('reports', [{ method: 'get', path: '/v1/reports', operation: 'listReports' }]),
  ...tagged('banned words', [
    { method: 'get', path: bannedWords, operation: 'listBannedWords' },
    { method: 'put', path: bannedWords, operation: 'putBannedWords' },
    { method: 'post', path: bannedWords, operation: 'addBannedWords' },
    { method: 'delete', path: bannedWords, takesBody: true, operation: 'removeBannedWords' },
    { method: 'get', path: roomBannedWords, operation: 'listRoomBannedWords' },
    { method: 'put', path: roomBannedWords, operation: 'putRoomBannedWords' },
    { method: 'post', path: roomBannedWords, operation: 'addRoomBannedWords' },
    { method: 'delete', path: roomBannedWords, takesBody: true, operation: 'removeRoomBannedWords' },
  ]),
  ...tagged('exports', [
    { method: 'post', path: '/v1/exports', status: 201, operation: 'startExport' },
    { method: 'get', path: '/v1/exports', operation: 'listExports' },
    { method: 'get', path: '/v1/exports/{exportId}', operation: 'getExport' },
  ]),
  ...webhookRoutes,
  ...tagged('original', [
    { method: 'post', path: '/chat/room', isOriginal: true, operation: 'createRoomWithMessage' },
    { method: 'post', path: '/chat/inviteUsers', isOriginal: true, operation: 'inviteUsers' },
  ]),
]
