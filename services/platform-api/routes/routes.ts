import { bannedWordRoutes } from './banned-words.ts'
import { exportRoutes } from './exports.ts'
import { messageRoutes } from './messages.ts'
import { originalRoutes } from './originals.ts'
import { memberRoutes, roomRoutes } from './rooms.ts'
import type { Route } from './route.ts'
import { userRoutes } from './users.ts'
import { webhookRoutes } from './webhooks.ts'

/** The table of the HTTP API: dispatch, validation and documents come from it. */
export const routes: Route[] = [
  ...userRoutes,
  ...roomRoutes,
  ...memberRoutes,
  ...messageRoutes,
  ...bannedWordRoutes,
  ...exportRoutes,
  ...webhookRoutes,
  ...originalRoutes,
]
