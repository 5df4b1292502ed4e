import {
  ConfirmedBroadcast,
  type Connection,
  consumeEvents,
  ensureStream,
  type NumberedKind,
  openAll,
  openFailedEvents,
  openMongo,
  openOutbox,
  pingMongo,
  RecentKeys,
  type Scope,
  type ServiceOptions,
  serveJobs,
} from '@chat/service'
import { handlers } from './handlers.ts'
import { MentionResolver } from './mentions/mention-resolver.ts'
import type { Parts } from './parts.ts'
import { Presence } from './presence/presence.ts'
import { consumeMessages } from './reading/message-consumer.ts'
import { Claims } from './room/claims.ts'
import { RoomBroadcast } from './room/room-broadcast.ts'
import { adoptFormerEvents, adoptFormerEventsAgain, roomEventSource } from './room/room-events.ts'
import { openStore } from './store/store.ts'

const MAX_TOLD = 10_000

export type Options = Pick<ServiceOptions, 'mongoUrl' | 'limits' | 'logger' | 'openBus'> & {
  database?: string
}

export const start = ({ mongoUrl, database = 'chat_rooms', openBus, ...options }: Options) =>
  openAll(async (scope) => {
    const mongo = await scope.use('mongo', openMongo(mongoUrl, database))
    const bus = await scope.use('nats', openBus())
    await ensureStream(bus)
    const parts = await openParts(scope, { ...options, bus, store: await openStore(mongo) }, mongo)
    const consumer = consumeEvents({
      ...{ bus, logger: options.logger, connection: mongo, name: 'rooms' },
      kinds: ['message', 'change'],
      handle: (events) => consumeMessages(parts, events),
      setAside: parts.failedEvents.add,
    })
    await scope.use('consumer', consumer)
    await scope.use('job requests', serveJobs(bus, parts.failedEvents.jobs))
    await scope.use('requests', bus.serve('rooms', handlers(parts)))
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })

/** Each part is closed after those that follow it. */
type Opened = Pick<Parts, 'store' | 'bus' | 'logger' | 'limits'>

async function openParts(scope: Scope, opened: Opened, connection: Connection) {
  const { store, bus, logger } = opened
  const opening = openOutbox({
    connection,
    bus,
    logger,
    kinds: ['fact'],
    sources: [roomEventSource(store)],
    derive: async () => {},
    ensureStream: () => ensureStream(bus),
  })
  const outbox = await scope.use('outbox', opening)
  await adoptFormerEvents({ store, outbox })
  await scope.use('former events', adoptFormerEventsAgain({ store, outbox, logger }))
  const failedEvents = openFailedEvents<NumberedKind>({
    ...{ connection, kind: 'rooms-event', metrics: bus.metrics, logger },
    handle: (events) => consumeMessages(parts, events),
  })
  const parts: Parts = {
    ...opened,
    outbox,
    failedEvents: await scope.use('failed events', failedEvents),
    broadcast: await scope.use('broadcast', new RoomBroadcast(opened)),
    confirmedBroadcast: await scope.use('confirmed broadcast', new ConfirmedBroadcast(opened.bus)),
    presence: await scope.use('presence', new Presence(opened)),
    claims: new Claims(opened.store),
    mentionResolver: new MentionResolver(opened),
    toldMentions: new RecentKeys(MAX_TOLD),
  }
  return parts
}
