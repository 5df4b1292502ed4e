import { useEffect, useMemo } from 'preact/hooks'
import { ConversationPane } from './conversation/conversation-pane.tsx'
import { type SignedIn, signedIn } from './desk/account.ts'
import { DeskContext, openDesk, useDesk } from './desk/desk.ts'
import { openRoomId } from './desk/route.ts'
import { Panel } from './panel/panel.tsx'
import { Sidebar } from './rooms/sidebar.tsx'
import { SignIn } from './sign-in.tsx'
import { closeDialog, Dialogs } from './ui/dialog.tsx'
import { NoticeList } from './ui/notice-list.tsx'
import { words } from './words/words.ts'

export function App() {
  const now = signedIn.value
  return now ? <Chat key={now.account._id} signedIn={now} /> : <SignIn />
}

function Chat({ signedIn: now }: { signedIn: SignedIn }) {
  const desk = useMemo(() => openDesk(now), [])
  useEffect(() => {
    const end = () => {
      closeDialog()
      desk.close()
    }
    return end
  }, [])
  return (
    <DeskContext.Provider value={desk}>
      <Title />
      <div class={`layout ${openRoomId.value === null ? 'shows-list' : 'shows-room'}`}>
        <Sidebar />
        <ConversationPane key={openRoomId.value} roomId={openRoomId.value} />
        <Panel />
      </div>
      <Dialogs />
      <NoticeList />
    </DeskContext.Provider>
  )
}

/** The tab tells how much is unread, and so does the page's icon where it is installed. */
function Title() {
  const { rooms } = useDesk()
  const unread = rooms.unread.value
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${words.value.appName}` : words.value.appName
  })
  useEffect(() => {
    if ('setAppBadge' in navigator) void navigator.setAppBadge(unread).catch(() => {})
  }, [unread])
  return null
}
