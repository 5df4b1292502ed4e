import type { ServiceName } from '../operations/operation.ts'
import { type OperationName, operationNames, platformOperations, rowOf } from '../operations/operations.ts'
import type { RoomEvents, UserEvents } from '../wire/bus-events.ts'

/**
 * What one kind of process does on the bus: its NATS user may do this and nothing else (permissions.ts). A process
 * that asks, hears or tells something new says so here; until it does, the bus refuses it, in tests too.
 */
export type Role = {
  /** It answers this service's requests. */
  serves?: ServiceName
  asks: readonly OperationName[]
  hears?: { room?: readonly (keyof RoomEvents | '*')[]; user?: readonly (keyof UserEvents | '*')[] }
  tells?: { room?: readonly (keyof RoomEvents)[]; user?: readonly (keyof UserEvents)[] }
  /** Whether people are there: it knows and answers, or it asks. */
  presence?: { answers?: readonly ('room' | 'user')[]; asks?: readonly ('room' | 'user')[] }
  /** It is on the roll, or calls it. */
  roll?: true
  /** It tells and hears that lists of banned words have changed. */
  words?: true
  stream?: StreamUse
}

/** What it does with the stream of events, beyond publishing what it `tells`. */
type StreamUse = {
  /** Its durable consumers; how long events have been waiting for them is measured. */
  consumers: readonly string[]
  /** It takes single events out that must go. */
  scrubs?: true
  /** It decides how the stream is kept, looks what of its own has got there, and takes rooms out. */
  owns?: true
  /** It only looks how full the stream is, and how far its readers are. */
  surveys?: true
}

/** Operations that clients may ask for: a new row is the gateway's to ask at once. */
const clientOperations = operationNames.filter((name) => rowOf(name).event !== undefined)

/** What rooms asks of the others when a room is deleted. */
const purges: readonly OperationName[] = ['purgeRoomMessages', 'purgeRoomFiles', 'purgeRoomPushes']

/** Operations of platforms: a new row is platform-api's to ask at once. */
const platformRequests = operationNames.filter((name) => name in platformOperations && !purges.includes(name))

/** What the demo's sign-in asks for to have its people and rooms. */
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
    asks: [
      ...platformRequests,
      ...(['createRoomWithMessage', 'inviteUsers', 'saveUser', 'postMessage', 'searchUsers'] as const),
    ],
    stream: { consumers: ['webhooks'] },
  },
  rooms: {
    serves: 'rooms',
    asks: [
      ...(['lastMessageOf', 'postFirstMessage', 'quoteMessage', 'screenText', 'surveyMessages'] as const),
      'listErasedMentions',
      ...purges,
    ],
    hears: { room: ['access'], user: ['renamed'] },
    tells: {
      room: ['access', 'update', 'news', 'gone', 'read', 'typing', 'fact'],
      user: ['joined', 'cursor', 'alarm', 'blocks', 'mention', 'renamed', 'presence', 'revoked'],
    },
    presence: { asks: ['user'] },
    roll: true,
    stream: { consumers: ['rooms'], scrubs: true },
  },
  messages: {
    serves: 'messages',
    asks: [
      ...(['roomAccess', 'roomFacts', 'roomsOfUser', 'listRoomIds', 'noteChange', 'readersOf'] as const),
      ...(['countUnread', 'resolveMentions', 'blocksOf', 'describeUsers'] as const),
    ],
    hears: { room: ['access'], user: ['blocks'] },
    tells: { room: ['message', 'change'], user: ['exportReady'] },
    roll: true,
    words: true,
    stream: { consumers: ['search'], scrubs: true, owns: true },
  },
  files: {
    serves: 'files',
    asks: ['mayPost', 'messageBySyncKey', 'postFile', 'roomAccess', 'roomsOfUser'],
    stream: { consumers: ['files'] },
  },
  push: {
    serves: 'push',
    asks: ['listAudiences', 'countBadges', 'messagesNow'],
    hears: { room: ['read'] },
    presence: { asks: ['room'] },
    stream: { consumers: ['push'] },
  },
  /** Whoever looks after an installation, by npm run admin. */
  operator: {
    asks: [
      ...(['listRooms', 'getRoom', 'listRoomIds', 'recountRoom'] as const),
      ...(['searchUsers', 'inspectUser', 'listDevices'] as const),
      ...(['listSetAside', 'getSetAside', 'replaySetAside', 'dropSetAside'] as const),
    ],
    stream: { consumers: [], surveys: true },
  },
} satisfies Record<string, Role>

export type RoleName = keyof typeof roles
export const roleNames = Object.keys(roles) as RoleName[]
