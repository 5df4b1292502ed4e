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
import { clearSignIn } from './account.ts'
import { type Account, fetchToken, type SignedIn } from './demo-api.ts'
import { FileUrls } from './file-urls.ts'
import { areNotificationsOn, watchNotifications } from './notifications.ts'
import { Presence } from './presence.ts'
import { RoomList } from './room-list.ts'
import { Toasts } from './toasts.ts'
import { Uploads } from './uploads.ts'

/** What the page keeps for the signed-in user. */
export type Session = {
  me: Account
  chat: OfflineChat
  connection: ReadonlySignal<{ state: ConnectionState; error?: ChatError | undefined }>
  rooms: RoomList
  drafts: ReadonlySignal<readonly QueuedDraft[]>
  uploads: Uploads
  files: FileUrls
  presence: Presence
  toasts: Toasts
  device: Device
  signOut: () => Promise<void>
  close: () => void
}

/** The list shows all rooms; nobody has more. */
const MAX_ROOMS = 10_000

export function openSession({ account, namespace }: SignedIn): Session {
  const files = new FileUrls()
  const token = async () => files.setToken(await fetchToken(account._id))
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
  const toasts = new Toasts()
  const presence = new Presence(chat)
  chat.on('exportReady', ({ url }) => toasts.showLink(words.value.settings.exportReady, url))
  const stopNotifying = watchNotifications(chat, account._id)
  const device = new Device(chat, { account, namespace })
  const stopRegistering = effect(() => {
    if (areNotificationsOn.value && connection.value.state === 'connected') void device.register()
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
    toasts,
    device,
    signOut: async () => {
      stopRegistering()
      await device.forget()
      clearSignIn()
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
