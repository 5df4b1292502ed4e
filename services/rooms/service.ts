import {
  type Bus,
  consumeEvents,
  ensureStream,
  type Limits,
  type Logger,
  openAll,
  openMongo,
  pingMongo,
} from '@chat/service'
import { Announcing } from './announcing.ts'
import { Claims } from './claims.ts'
import { Creating } from './creating.ts'
import { Directory } from './directory.ts'
import { Following } from './following.ts'
import { handlers } from './handlers.ts'
import { Inviting } from './inviting.ts'
import { Listing } from './listing.ts'
import { Members } from './members.ts'
import { Reading } from './reading.ts'
import { Sessions } from './sessions.ts'
import { Settings } from './settings.ts'
import { openStore } from './store.ts'
import { Viewing } from './viewing.ts'

export type Options = {
  mongoUrl: string
  database?: string
  limits: Limits
  logger: Logger
  openBus: () => Promise<Bus>
}

/** Rooms, memberships, cursors and the directory of users. */
export const start = (options: Options) =>
  openAll(async (scope) => {
    const { logger, limits } = options
    const mongo = await scope.use(
      'mongo',
      openMongo(options.mongoUrl, options.database ?? 'chat_rooms'),
      (m) => m.close(),
    )
    const bus = await scope.use('nats', options.openBus(), (b) => b.close())
    const store = await openStore(mongo)
    await ensureStream(bus)

    const directory = new Directory(store)
    const members = new Members(store, limits.roomMembers)
    const claims = new Claims(store)
    const viewing = new Viewing(store, directory)
    const announcing = await scope.use('announcements', new Announcing(bus, viewing, logger), (a) =>
      a.close(),
    )
    const following = new Following(store, bus)
    const parts = {
      store,
      bus,
      directory,
      members,
      claims,
      viewing,
      announcing,
      following,
      textLength: limits.textLength,
    }

    await scope.use(
      'consumer',
      consumeEvents({
        bus,
        logger,
        durable: 'rooms',
        kind: 'message',
        handle: (events) => following.take(events),
      }),
      (consumer) => consumer.close(),
    )
    const answers = handlers({
      creating: new Creating(parts),
      directory,
      inviting: new Inviting(parts),
      listing: new Listing(store, members, directory, viewing),
      members,
      reading: new Reading(store, bus, members),
      sessions: new Sessions(store, directory, members),
      settings: new Settings(parts),
      viewing,
    })
    await scope.use('requests', bus.serve('rooms', answers), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })
