import { Type } from 'typebox'
import { Timestamp, UserId } from '../../schemas/values.ts'
import { Platform } from '../client/push.ts'
import { forServices } from '../operation.ts'

/** What the push service does for operators. */
export const pushInternals = forServices('push', {
  listDevices: {
    summary: 'Where a user gets pushes, without the tokens',
    input: UserId,
    output: Type.Object({ devices: Type.Array(Type.Object({ platform: Platform, seenAt: Timestamp })) }),
  },
})
