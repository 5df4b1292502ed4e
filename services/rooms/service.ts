import {
  type Bus,
  ConfirmedBroadcast,
  consumeEvents,
  EventLog,
  ensureStream,
  type Limits,
  type Logger,
  openAll,
  openMongo,
  pingMongo,
} from '@chat/service'
import { handlers } from './handlers.ts'
import { AccessEvents } from './members/access-events.ts'
import { Alarms } from './members/alarms.ts'
import { Invitations } from './members/invitations.ts'
import { MemberList } from './members/member-list.ts'
import { Memberships } from './members/memberships.ts'
import { Moderation } from './members/moderation.ts'
import { Mutes } from './members/mutes.ts'
import { PlatformMembers } from './members/platform-members.ts'
import { PushAudience } from './members/push-audience.ts'
import { Removals } from './members/removals.ts'
import { MentionResolver } from './mentions/mention-resolver.ts'
import { UnreadMentions } from './mentions/unread-mentions.ts'
import { Presence } from './presence/presence.ts'
import { PresenceList } from './presence/presence-list.ts'
import { Typing } from './presence/typing.ts'
import { Cursors } from './reading/cursors.ts'
import { MessageConsumer } from './reading/message-consumer.ts'
import { Recount } from './reading/recount.ts'
import { UncountedMessages } from './reading/uncounted-messages.ts'
import { Claims } from './room/claims.ts'
import { PlatformRooms } from './room/platform-rooms.ts'
import { RoomBroadcast } from './room/room-broadcast.ts'
import { RoomCreation } from './room/room-creation.ts'
import { RoomEventOutbox } from './room/room-event-outbox.ts'
import { RoomList } from './room/room-list.ts'
import { RoomView } from './room/room-view.ts'
import { Settings } from './room/settings.ts'
import { openStore } from './store/store.ts'
import { Accounts } from './users/accounts.ts'
import { Blocks } from './users/blocks.ts'
import { Directory } from './users/directory.ts'
import { Sessions } from './users/sessions.ts'
import { UserErasure } from './users/user-erasure.ts'
import { UserSearch } from './users/user-search.ts'

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
    const facts = await scope.use('facts', new RoomEventOutbox({ store, log, logger }), (f) => f.close())
    const members = new Memberships(store, facts, limits.roomMembers)
    const claims = new Claims(store)
    const gone = new UncountedMessages(store)
    const blocks = new Blocks(store, directory, bus)
    const mentions = new UnreadMentions(store, logger)
    const roomView = new RoomView({ store, directory, gone, blocks, mentions })
    const roomBroadcast = await scope.use('announcements', new RoomBroadcast(bus, roomView, logger), (a) =>
      a.close(),
    )
    const roll = await scope.use('roll', new ConfirmedBroadcast(bus), (r) => r.close())
    const access = new AccessEvents(bus, roll)
    const messageConsumer = new MessageConsumer({ store, bus, gone, mentions, roomBroadcast })
    const { textLength } = limits
    const parts = {
      store,
      bus,
      directory,
      facts,
      members,
      claims,
      roomView,
      roomBroadcast,
      messageConsumer,
      textLength,
    }
    const all = { ...parts, access, blocks, gone, mentions, mutes: new Mutes(store) }
    const presence = await scope.use('presence', new Presence({ store, bus, logger }), (p) => p.close())

    await scope.use(
      'consumer',
      consumeEvents({
        bus,
        logger,
        durable: 'rooms',
        kinds: ['message', 'change'],
        handle: (events) => messageConsumer.take(events),
      }),
      (consumer) => consumer.close(),
    )
    const invitations = new Invitations(all)
    const moderation = new Moderation(all)
    const removals = new Removals(all)
    const accounts = new Accounts(all)
    const answers = handlers({
      ...all,
      accounts,
      userErasure: new UserErasure(all, accounts, removals),
      estate: new PlatformRooms(all),
      standings: new PlatformMembers(all, moderation, removals),
      alarms: new Alarms(all),
      audiences: new PushAudience(all),
      roomCreation: new RoomCreation(all),
      invitations,
      roomList: new RoomList(store, members, roomView),
      memberList: new MemberList(store, members, directory),
      moderation,
      presence,
      presenceList: new PresenceList(all),
      cursors: new Cursors(all),
      recount: new Recount(all),
      removals,
      mentionResolver: new MentionResolver(all),
      sessions: new Sessions({ ...all, presence }),
      settings: new Settings(all),
      typing: new Typing(all),
      userSearch: new UserSearch(store),
    })
    await scope.use('requests', bus.serve('rooms', answers), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo) } }
  })
