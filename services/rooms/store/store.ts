import { type Connection, databaseOf, ensureIndexes } from '@chat/service'
import { MemberStore } from './member-store.ts'
import { MentionStore } from './mention-store.ts'
import { openModels, type Transaction } from './models.ts'
import { PresenceStore } from './presence-store.ts'
import { RoomEventStore } from './room-event-store.ts'
import { RoomStore } from './room-store.ts'
import { UnreadStore } from './unread-store.ts'
import { UserStore } from './user-store.ts'

/** All that the rooms service stores. Only this folder knows mongoose. */
export async function openStore(connection: Connection) {
  const models = openModels(connection)
  await ensureIndexes(connection)
  const database = await databaseOf(connection)
  return {
    members: new MemberStore(models),
    mentions: new MentionStore(models),
    presence: new PresenceStore(models, database),
    roomEvents: new RoomEventStore(models),
    rooms: new RoomStore(models),
    unread: new UnreadStore(models, database),
    users: new UserStore(models),
    /** Runs `work` again from the start if another transaction has changed what it read and writes. */
    transaction: <T>(work: (transaction: Transaction) => Promise<T>) => connection.transaction(work),
  }
}
export type Store = Awaited<ReturnType<typeof openStore>>
