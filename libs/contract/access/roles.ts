import type { ServiceName } from '../operations/operation.ts'
import {
  clientOperations,
  type OperationName,
  operationNames,
  platformOperations,
} from '../operations/operations.ts'
import type { RoomEvents, UserEvents } from '../wire/bus-events.ts'

/**
 * What one kind of process does on the bus. Its NATS user may do this and nothing else (permissions.ts). Add here what a
 * process newly asks, hears or publishes: until then NATS refuses it, in tests too.
 */
export type Role = {
  serves?: Exclude<ServiceName, 'jobs'>
  /** The kinds of jobs that it answers operators about. */
  jobs?: readonly string[]
  asks: readonly OperationName[]
  hears?: { room?: readonly (keyof RoomEvents | '*')[]; user?: readonly (keyof UserEvents | '*')[] }
  tells?: { room?: readonly (keyof RoomEvents)[]; user?: readonly (keyof UserEvents)[] }
  presence?: { answers?: readonly ('room' | 'user')[]; asks?: readonly ('room' | 'user')[] }
  /** It confirms, or asks for, confirmed broadcasts. */
  roll?: true
  /** It publishes and hears changes of banned-word lists. */
  words?: true
  /**
   * What it does with the event stream besides publishing what it `tells`. `consumers`: reads by these consumers.
   * `scrubs`: deletes single events (erasure). `owns`: configures the stream, reads back its own events and purges rooms.
   * `recovers`: publishes again what the stream has lost. `surveys`: only reads the state of the stream and its consumers.
   */
  stream?: { consumers: readonly string[]; scrubs?: true; owns?: true; recovers?: true; surveys?: true }
}

const purges: readonly OperationName[] = ['purgeRoomMessages', 'purgeRoomFiles', 'purgeRoomPushes']

/** The platform API may ask every platform operation, new rows included. */
const platformRequests = operationNames.filter((name) => name in platformOperations && !purges.includes(name))

/** What the demo's sign-in needs to make its users and rooms. */
const demoOperations = ['saveUser', 'createRoomWithMessage', 'postMessage'] as const

export const roles = {
  gateway: {
    asks: [
      ...clientOperations,
      ...(['openSession', 'viewRooms', 'replayMessages', 'noteSeen', 'openFile'] as const),
      ...demoOperations,
    ],
    hears: { room: ['*'], user: ['*'] },
    presence: { answers: ['room', 'user'] },
    roll: true,
  },
  'platform-api': {
    jobs: ['erasure', 'request', 'webhook', 'webhook-event'],
    asks: [
      ...platformRequests,
      ...(['createRoomWithMessage', 'inviteUsers', 'saveUser', 'postMessage', 'searchUsers'] as const),
    ],
    stream: { consumers: ['webhooks'] },
  },
  rooms: {
    serves: 'rooms',
    jobs: ['rooms-event'],
    asks: [
      ...(['lastMessageOf', 'postFirstMessage', 'quoteMessage', 'screenText', 'surveyMessages'] as const),
      'listErasedMentions',
      ...purges,
    ],
    hears: { room: ['access'], user: ['renamed'] },
    tells: {
      room: ['access', 'update', 'news', 'gone', 'read', 'opened', 'typing', 'fact'],
      user: ['joined', 'cursor', 'alarm', 'blocks', 'mention', 'renamed', 'presence', 'revoked'],
    },
    presence: { asks: ['user'] },
    roll: true,
    stream: { consumers: ['rooms'], scrubs: true, recovers: true },
  },
  messages: {
    serves: 'messages',
    jobs: ['export'],
    asks: [
      ...(['roomAccess', 'roomFacts', 'roomsOfUser', 'listRoomIds', 'noteChange', 'readersOf'] as const),
      ...(['countUnread', 'resolveMentions', 'blocksOf', 'describeUsers'] as const),
    ],
    hears: { room: ['access', 'opened'], user: ['blocks'] },
    tells: { room: ['message', 'change'], user: ['exportReady'] },
    roll: true,
    words: true,
    stream: { consumers: [], scrubs: true, owns: true, recovers: true },
  },
  files: {
    serves: 'files',
    jobs: ['upload', 'files-event'],
    asks: ['mayPost', 'messageBySyncKey', 'postFile', 'roomAccess', 'roomsOfUser'],
    stream: { consumers: ['files'] },
  },
  push: {
    serves: 'push',
    jobs: ['push', 'push-event'],
    asks: ['listAudiences', 'countBadges', 'messagesNow'],
    hears: { room: ['read'] },
    presence: { asks: ['room'] },
    stream: { consumers: ['push'] },
  },
  operator: {
    asks: [
      ...(['listRooms', 'getRoom', 'listRoomIds', 'recountRoom'] as const),
      ...(['searchUsers', 'inspectUser', 'listDevices'] as const),
      ...(['countJobs', 'listDeadLetters', 'getDeadLetter', 'replayDeadLetters', 'dropDeadLetters'] as const),
    ],
    stream: { consumers: [], surveys: true },
  },
} satisfies Record<string, Role>

export type RoleName = keyof typeof roles
export const roleNames = Object.keys(roles) as RoleName[]

/** Every kind of job that some service answers operators about. */
export const jobKinds = Object.values<Role>(roles).flatMap(({ jobs }) => jobs ?? [])
