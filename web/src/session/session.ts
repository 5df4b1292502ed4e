import {
  type ChatError,
  type ConnectionState,
  connect,
  indexedDbStore,
  type OfflineChat,
  type QueuedDraft,
} from '@chat/client'
import { effect, type ReadonlySignal, signal } from '@preact/signals'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { Device } from '../push/device.ts'
import { type Account, fetchToken, type SignedIn, signOut } from './account.ts'
import { FileLinks } from './file-links.ts'
import { Notices } from './notices.ts'
import { areOn, watchNotifications } from './notifications.ts'
import { Presence } from './presence.ts'
import { RoomList } from './room-list.ts'
import { Uploads } from './uploads.ts'

/** Everything that one who is signed in works with. */
export type Session = {
  me: Account
  chat: OfflineChat
  connection: ReadonlySignal<{ state: ConnectionState; error?: ChatError | undefined }>
  rooms: RoomList
  drafts: ReadonlySignal<readonly QueuedDraft[]>
  uploads: Uploads
  files: FileLinks
  presence: Presence
  notices: Notices
  device: Device
  /** Signs out. */
  leave: () => Promise<void>
  close: () => void
}

/** More than anybody has: the list shows all of them. */
const MAX_ROOMS = 10_000

export function openSession({ account, namespace }: SignedIn): Session {
  const files = new FileLinks()
  const token = async () => files.keep(await fetchToken(account._id))
  const chat = connect({
    url: location.origin,
    namespace,
    token,
    store: indexedDbStore({ name: account._id }),
    maxCachedRooms: MAX_ROOMS,
  })
  const connection = signal<Session['connection']['value']>({ state: chat.state })
  chat.onConnection((state, error) => {
    connection.value = { state, error }
  })
  const drafts = signal<readonly QueuedDraft[]>([])
  const keepDrafts = (list: QueuedDraft[]) => {
    drafts.value = list
  }
  chat.outbox.onChange(keepDrafts)
  void chat.outbox.list().then(keepDrafts)
  const rooms = new RoomList(chat)
  const notices = new Notices()
  const presence = new Presence(chat)
  chat.on('exportReady', ({ url }) => notices.offer(words.value.settings.exportReady, url))
  const stopNotifying = watchNotifications(chat, account._id)
  const device = new Device(chat, { account, namespace })
  const stopRegistering = effect(() => {
    if (areOn.value && connection.value.state === 'connected') void device.register()
  })
  return {
    me: account,
    chat,
    connection,
    rooms,
    drafts,
    uploads: new Uploads(chat),
    files,
    presence,
    notices,
    device,
    leave: async () => {
      stopRegistering()
      await device.forget()
      signOut()
    },
    close: () => {
      stopRegistering()
      stopNotifying()
      presence.close()
      chat.close()
    },
  }
}

export const SessionContext = createContext<Session | null>(null)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('Nobody is signed in')
  return session
}
