import { Type } from 'typebox'
import { PersonalRecords } from '../schemas/platform-values.ts'
import { Cursor, Nullable, Result, RoomId, UserId } from '../schemas/values.ts'
import { operation } from './operation.ts'

/** Pushes as a platform disposes of them. */
export const platformPushes = {
  purgeRoomPushes: operation({
    service: 'push',
    summary: 'Tell nobody any more of a room that is going away',
    input: Type.Object({ roomId: RoomId }),
    output: Result,
    errors: [],
    timeoutMs: 60_000,
  }),
  eraseUserInPushes: operation({
    service: 'push',
    summary: "Forget somebody's devices, and what was or would be sent to them or because of them",
    input: Type.Object({ userId: UserId, cursor: Type.Optional(Cursor) }),
    output: Type.Object({ nextCursor: Nullable(Cursor) }),
    errors: [],
    timeoutMs: 60_000,
  }),
  exportUserFromPushes: operation({
    service: 'push',
    summary: 'Where somebody gets pushes, and of what',
    input: Type.Object({ userId: UserId, cursor: Type.Optional(Cursor) }),
    output: PersonalRecords,
    errors: [],
    timeoutMs: 10_000,
  }),
}
