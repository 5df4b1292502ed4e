import type { Static } from 'typebox'
import { exportOperations } from './client/exports.ts'
import { fileOperations } from './client/files.ts'
import { memberOperations } from './client/members.ts'
import { changeOperations } from './client/message-changes.ts'
import { messageOperations } from './client/messages.ts'
import { pushOperations } from './client/push.ts'
import { roomOperations } from './client/rooms.ts'
import { userOperations } from './client/users.ts'
import { fileInternals } from './internal/files.ts'
import { jobOperations } from './internal/jobs.ts'
import { messageInternals } from './internal/messages.ts'
import { pushInternals, pushSources } from './internal/push.ts'
import { roomInternals } from './internal/rooms.ts'
import { userInternals } from './internal/users.ts'
import type { Row, ServiceName } from './operation.ts'
import { platformWords } from './platform/banned-words.ts'
import { platformExports } from './platform/exports.ts'
import { platformMembers } from './platform/members.ts'
import { platformMessages } from './platform/messages.ts'
import { originalOperations } from './platform/original.ts'
import { filePrivacy, messagePrivacy, pushPrivacy, roomPrivacy } from './platform/privacy.ts'
import { platformRooms } from './platform/rooms.ts'
import { platformUsers } from './platform/users.ts'

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

/** Operations for platforms alone, of one service. */
export type PlatformOperation<S extends ServiceName> = {
  [K in keyof typeof platformOperations]: (typeof platformOperations)[K]['service'] extends S ? K : never
}[keyof typeof platformOperations]

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

/** A total record: an operation without a handler does not compile. */
export type Handlers<S extends ServiceName> = {
  [K in OperationName as Operations[K]['service'] extends S ? K : never]: (
    caller: Caller,
    input: Input<K>,
  ) => Promise<Output<K>>
}
