import { type Connection, databaseOf, ensureIndexes } from '@chat/service'
import { BadgeStore } from './badge-store.ts'
import { BanStore } from './ban-store.ts'
import { BlockStore } from './block-store.ts'
import { ClaimStore } from './claim-store.ts'
import { MemberStore } from './member-store.ts'
import { MentionStore } from './mention-store.ts'
import { MessageBatchStore } from './message-batch-store.ts'
import { openModels, type Transaction } from './models.ts'
import { MuteStore } from './mute-store.ts'
import { PersonalStore } from './personal-store.ts'
import { PresenceStore } from './presence-store.ts'
import { RoomEventStore } from './room-event-store.ts'
import { RoomStore } from './room-store.ts'
import { UncountedStore } from './uncounted-store.ts'
import { UserStore } from './user-store.ts'

/** All that the rooms service stores. Only this folder knows mongoose. */
export async function openStore(connection: Connection) {
  const models = openModels(connection)
  await ensureIndexes(connection)
  const database = await databaseOf(connection)
  return {
    badges: new BadgeStore(models),
    bans: new BanStore(models),
    blocks: new BlockStore(models),
    claims: new ClaimStore(models),
    members: new MemberStore(models),
    mentions: new MentionStore(models),
    messageBatches: new MessageBatchStore(models, database),
    mutes: new MuteStore(models),
    personal: new PersonalStore(models),
    presence: new PresenceStore(models, database),
    roomEvents: new RoomEventStore(models),
    rooms: new RoomStore(models),
    uncounted: new UncountedStore(models),
    users: new UserStore(models),
    /** Runs `work` again from the start if another transaction has changed what it read and writes. */
    transaction: <T>(work: (transaction: Transaction) => Promise<T>) => connection.transaction(work),
  }
}
export type Store = Awaited<ReturnType<typeof openStore>>
