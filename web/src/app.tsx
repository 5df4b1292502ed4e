import { useEffect, useMemo } from 'preact/hooks'
import { ConversationPane } from './conversation/conversation-pane.tsx'
import { words } from './i18n/words.ts'
import { Panel } from './panel/panel.tsx'
import { signedIn } from './session/account.ts'
import type { SignedIn } from './session/demo-api.ts'
import { openRoomId } from './session/route.ts'
import { openSession, SessionContext, useSession } from './session/session.ts'
import { Sidebar } from './sidebar/sidebar.tsx'
import { SignIn } from './sign-in.tsx'
import { closeDialog, Dialogs } from './ui/dialog.tsx'
import { ToastList } from './ui/toast-list.tsx'

export function App() {
  const now = signedIn.value
  return now ? <Chat key={now.account._id} signedIn={now} /> : <SignIn />
}

function Chat({ signedIn: now }: { signedIn: SignedIn }) {
  const session = useMemo(() => openSession(now), [])
  useEffect(() => {
    const end = () => {
      closeDialog()
      session.close()
    }
    return end
  }, [])
  return (
    <SessionContext.Provider value={session}>
      <Title />
      <div class={`layout ${openRoomId.value === null ? 'shows-list' : 'shows-room'}`}>
        <Sidebar />
        <ConversationPane key={openRoomId.value} roomId={openRoomId.value} />
        <Panel />
      </div>
      <Dialogs />
      <ToastList />
    </SessionContext.Provider>
  )
}

/** Shows the unread count in the tab's title and on the installed page's icon. */
function Title() {
  const { rooms } = useSession()
  const unread = rooms.unread.value
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${words.value.appName}` : words.value.appName
  })
  useEffect(() => {
    if ('setAppBadge' in navigator) void navigator.setAppBadge(unread).catch(() => {})
  }, [unread])
  return null
}
