import type { Handlers } from '@chat/contract'
import { clientHandlers } from './client-handlers.ts'
import { internalHandlers } from './internal-handlers.ts'
import type { Parts } from './parts.ts'
import { platformHandlers } from './platform-handlers.ts'

/** One handler for each operation of the rooms service: a missing one does not compile. */
export const handlers = (parts: Parts): Handlers<'rooms'> => ({
  ...clientHandlers(parts),
  ...internalHandlers(parts),
  ...platformHandlers(parts),
})
