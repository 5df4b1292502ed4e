import type { Route } from './route.ts'

const tag = 'rooms'
const one = '/v1/rooms/{roomId}'
const member = `${one}/members/{userId}`
const announcement = `${one}/announcement`

export const roomRoutes: Route[] = [
  { method: 'post', path: '/v1/rooms', tag, status: 201, operation: 'createRoom' },
  { method: 'get', path: '/v1/rooms', tag, operation: 'listRooms' },
  { method: 'get', path: one, tag, operation: 'getRoom' },
  { method: 'patch', path: one, tag, operation: 'updateRoom' },
  { method: 'delete', path: one, tag, operation: 'deleteRoom' },
  { method: 'get', path: announcement, tag, operation: 'getAnnouncement' },
  { method: 'put', path: announcement, tag, operation: 'putAnnouncement' },
  { method: 'delete', path: announcement, tag, operation: 'removeAnnouncement' },
]

export const memberRoutes: Route[] = [
  { method: 'post', path: `${one}/members`, tag: 'members', status: 201, operation: 'addMembers' },
  { method: 'get', path: `${one}/members`, tag: 'members', operation: 'listRoomMembers' },
  { method: 'get', path: member, tag: 'members', operation: 'getMember' },
  { method: 'patch', path: member, tag: 'members', operation: 'updateMember' },
  { method: 'delete', path: member, tag: 'members', operation: 'removeMember' },
]
