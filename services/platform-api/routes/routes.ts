import { bannedWordRoutes } from './banned-words.ts'
import { exportRoutes } from './exports.ts'
import { messageRoutes } from './messages.ts'
import { originalRoutes } from './originals.ts'
import { memberRoutes, roomRoutes } from './rooms.ts'
import type { Route } from './route.ts'
import { userRoutes } from './users.ts'
import { webhookRoutes } from './webhooks.ts'

/** The one table of HTTP: what is answered, validated and documented comes from it. */
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
