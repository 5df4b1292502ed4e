import {
  ConfirmedBroadcast,
  consumeEvents,
  EventLog,
  ensureStream,
  openAll,
  openMongo,
  pingMongo,
  type Scope,
  type ServiceOptions,
} from '@chat/service'
import { handlers } from './handlers.ts'
import { MentionResolver } from './mentions/mention-resolver.ts'
import type { Parts } from './parts.ts'
import { Presence } from './presence/presence.ts'
import { consumeMessages } from './reading/message-consumer.ts'
import { Claims } from './room/claims.ts'
import { RoomBroadcast } from './room/room-broadcast.ts'
import { RoomEventOutbox } from './room/room-event-outbox.ts'
import { openStore } from './store/store.ts'

export type Options = Pick<ServiceOptions, 'mongoUrl' | 'limits' | 'logger' | 'openBus'> & {
  database?: string
}

export const start = ({ mongoUrl, database = 'chat_rooms', openBus, ...options }: Options) =>
  openAll(async (scope) => {
    const mongo = await scope.use('mongo', openMongo(mongoUrl, database))
    const bus = await scope.use('nats', openBus())
    await ensureStream(bus)
    const parts = await openParts(scope, { ...options, bus, store: await openStore(mongo) })
    const consumer = consumeEvents({
      bus,
      logger: options.logger,
      durable: 'rooms',
      kinds: ['message', 'change'],
      handle: (events) => consumeMessages(parts, events),
    })
    await scope.use('consumer', consumer)
    await scope.use('requests', bus.serve('rooms', handlers(parts)))
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })

/** Each part is closed after those that follow it. */
async function openParts(scope: Scope, opened: Pick<Parts, 'store' | 'bus' | 'logger' | 'limits'>) {
  const log = new EventLog(opened.bus)
  return {
    ...opened,
    outbox: await scope.use('outbox', new RoomEventOutbox({ ...opened, log })),
    broadcast: await scope.use('broadcast', new RoomBroadcast(opened)),
    confirmedBroadcast: await scope.use('confirmed broadcast', new ConfirmedBroadcast(opened.bus)),
    presence: await scope.use('presence', new Presence(opened)),
    claims: new Claims(opened.store),
    mentionResolver: new MentionResolver(opened),
  }
}
