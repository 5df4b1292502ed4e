import { bannedWordRoutes } from './routes/banned-words.ts'
import { exportRoutes } from './routes/exports.ts'
import { messageRoutes } from './routes/messages.ts'
import { originalRoutes } from './routes/originals.ts'
import { memberRoutes, roomRoutes } from './routes/rooms.ts'
import type { Route } from './routes/route.ts'
import { userRoutes } from './routes/users.ts'
import { webhookRoutes } from './routes/webhooks.ts'

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
