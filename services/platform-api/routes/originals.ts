import type { Route } from './route.ts'

const tag = 'original'

/** The two calls of the original document, answered as that document says. */
export const originalRoutes: Route[] = [
  { method: 'post', path: '/chat/room', tag, isOriginal: true, operation: 'createRoomWithMessage' },
  { method: 'post', path: '/chat/inviteUsers', tag, isOriginal: true, operation: 'inviteUsers' },
]
