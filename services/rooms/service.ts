import {
  type Bus,
  consumeEvents,
  EventLog,
  ensureStream,
  type Limits,
  type Logger,
  openAll,
  openMongo,
  pingMongo,
  Roll,
} from '@chat/service'
import { Access } from './access.ts'
import { Accounts } from './accounts.ts'
import { Alarms } from './alarms.ts'
import { Announcing } from './announcing.ts'
import { Audiences } from './audiences.ts'
import { Blocking } from './blocking.ts'
import { Claims } from './claims.ts'
import { Creating } from './creating.ts'
import { Directory } from './directory.ts'
import { Erasing } from './erasing.ts'
import { Estate } from './estate.ts'
import { Facts } from './facts.ts'
import { Following } from './following.ts'
import { Gone } from './gone.ts'
import { handlers } from './handlers.ts'
import { Inviting } from './inviting.ts'
import { Listing } from './listing.ts'
import { MemberList } from './member-list.ts'
import { Members } from './members.ts'
import { Mentions } from './mentions.ts'
import { Moderating } from './moderating.ts'
import { Mutes } from './mutes.ts'
import { Presence } from './presence.ts'
import { PresenceList } from './presence-list.ts'
import { Reading } from './reading.ts'
import { Recounting } from './recounting.ts'
import { Removing } from './removing.ts'
import { Resolving } from './resolving.ts'
import { Sessions } from './sessions.ts'
import { Settings } from './settings.ts'
import { Standings } from './standings.ts'
import { openStore } from './store.ts'
import { Typing } from './typing.ts'
import { UserSearch } from './user-search.ts'
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

    const directory = new Directory(store, bus)
    const log = new EventLog(bus)
    const facts = await scope.use('facts', new Facts({ store, log, logger }), (f) => f.close())
    const members = new Members(store, facts, limits.roomMembers)
    const claims = new Claims(store)
    const gone = new Gone(store)
    const blocking = new Blocking(store, directory, bus)
    const mentions = new Mentions(store, logger)
    const viewing = new Viewing({ store, directory, gone, blocking, mentions })
    const announcing = await scope.use('announcements', new Announcing(bus, viewing, logger), (a) =>
      a.close(),
    )
    const roll = await scope.use('roll', new Roll(bus), (r) => r.close())
    const access = new Access(bus, roll)
    const following = new Following({ store, bus, gone, mentions, announcing })
    const { textLength } = limits
    const parts = {
      store,
      bus,
      directory,
      facts,
      members,
      claims,
      viewing,
      announcing,
      following,
      textLength,
    }
    const all = { ...parts, access, blocking, gone, mentions, mutes: new Mutes(store) }
    const presence = await scope.use('presence', new Presence({ store, bus, logger }), (p) => p.close())

    await scope.use(
      'consumer',
      consumeEvents({
        bus,
        logger,
        durable: 'rooms',
        kinds: ['message', 'change'],
        handle: (events) => following.take(events),
      }),
      (consumer) => consumer.close(),
    )
    const inviting = new Inviting(all)
    const moderating = new Moderating(all)
    const removing = new Removing(all)
    const accounts = new Accounts(all)
    const answers = handlers({
      ...all,
      accounts,
      erasing: new Erasing(all, accounts, removing),
      estate: new Estate(all),
      standings: new Standings(all, moderating, removing),
      alarms: new Alarms(all),
      audiences: new Audiences(all),
      creating: new Creating(all),
      inviting,
      listing: new Listing(store, members, viewing),
      memberList: new MemberList(store, members, directory),
      moderating,
      presence,
      presenceList: new PresenceList(all),
      reading: new Reading(all),
      recounting: new Recounting(all),
      removing,
      resolving: new Resolving(all),
      sessions: new Sessions({ ...all, presence }),
      settings: new Settings(all),
      typing: new Typing(all),
      userSearch: new UserSearch(store),
    })
    await scope.use('requests', bus.serve('rooms', answers), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })
