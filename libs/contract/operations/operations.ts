import type { Static } from 'typebox'
import { fileInternals, fileOperations } from './files.ts'
import { jobOperations } from './jobs.ts'
import { platformWords } from './messages/banned-words.ts'
import { exportOperations, platformExports } from './messages/exports.ts'
import { changeOperations } from './messages/message-changes.ts'
import { messageInternals } from './messages/message-internals.ts'
import { messageOperations, platformMessages } from './messages/messages.ts'
import type { Row, ServiceName } from './operation.ts'
import { filePrivacy, messagePrivacy, pushPrivacy, roomPrivacy } from './privacy.ts'
import { pushInternals, pushOperations, pushSources } from './push.ts'
import { memberOperations, platformMembers } from './rooms/members.ts'
import { originalOperations, platformRooms } from './rooms/platform-rooms.ts'
import { roomInternals } from './rooms/room-internals.ts'
import { roomOperations } from './rooms/rooms.ts'
import { userInternals } from './rooms/user-internals.ts'
import { platformUsers, userOperations } from './rooms/users.ts'

/** Operations that only the platform API may ask for. */
export const platformOperations = {
  ...platformRooms,
  ...platformMembers,
  ...platformUsers,
  ...roomPrivacy,
  ...platformMessages,
  ...messagePrivacy,
  ...platformWords,
  ...platformExports,
  ...filePrivacy,
  ...pushPrivacy,
}

/** The one table: types, validators, subjects, dispatch, the typed client and the documents come from it. */
export const operations = {
  ...roomOperations,
  ...memberOperations,
  ...userOperations,
  ...roomInternals,
  ...userInternals,
  ...originalOperations,
  ...messageOperations,
  ...changeOperations,
  ...messageInternals,
  ...exportOperations,
  ...fileOperations,
  ...fileInternals,
  ...pushOperations,
  ...pushInternals,
  ...pushSources,
  ...jobOperations,
  ...platformOperations,
}

/** A row without its exact type, for code that treats all rows alike. */
export const rowOf = (name: OperationName): Row => operations[name]

export type Operations = typeof operations
export type OperationName = keyof Operations
export const operationNames = Object.keys(operations) as OperationName[]
/** Operations that a client may ask for. */
export const clientOperations = operationNames.filter((name) => rowOf(name).event !== undefined)
export type Input<K extends OperationName> = Static<Operations[K]['input']>
export type Output<K extends OperationName> = Static<Operations[K]['output']>

export type ClientOperation = {
  [K in OperationName]: Operations[K] extends { event: string } ? K : never
}[OperationName]

/** Who asks. The edge vouches for it; `userId` is empty where a service asks on its own behalf. */
export type Caller = {
  userId: string
  requestId: string
  /** Own messages acked so recently that rooms may not know them: the caller's count is right at once. */
  sent?: [string, number][]
}

/** How far the caller has lately sent in a room; 0 if unknown. */
export const sentSeq = ({ sent = [] }: Caller, roomId: string) =>
  Math.max(0, ...sent.filter(([id]) => id === roomId).map(([, seq]) => seq))

/** A total record: an operation without a handler does not compile. `Before`: further arguments before the request. */
export type Handlers<S extends ServiceName, Before extends unknown[] = []> = {
  [K in OperationName as Operations[K]['service'] extends S ? K : never]: (
    ...request: [...Before, caller: Caller, input: Input<K>]
  ) => Promise<Output<K>>
}
