import type { Message, Room, User } from '@chat/contract'
import { useEffect, useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { errorText } from '../session/toasts.ts'
import { plainName } from '../text/plain-text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Spinner } from '../ui/placeholder.tsx'

type Outcome = { read: User[]; unread: User[] } | { error: unknown }

/** Who has read a message, and who has not. */
export function Readers({ room, message }: { room: Room; message: Message }) {
  const { chat } = useSession()
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  useEffect(() => {
    chat
      .ask('messageReaders', { roomId: room._id, messageId: message._id })
      .then(setOutcome, (error) => setOutcome({ error }))
  }, [])
  const { dialogs } = words.value
  return (
    <Dialog title={dialogs.readers} class="dialog-small">
      {outcome === null && <Spinner />}
      {outcome && 'error' in outcome && <p role="alert">{errorText(outcome.error)}</p>}
      {outcome && 'read' in outcome && (
        <>
          <UserSection title={dialogs.readBy(outcome.read.length)} people={outcome.read} />
          <UserSection title={dialogs.unreadBy(outcome.unread.length)} people={outcome.unread} />
        </>
      )}
    </Dialog>
  )
}

const UserSection = ({ title, people }: { title: string; people: User[] }) => (
  <section>
    <h3>{title}</h3>
    {people.map((user) => (
      <div key={user._id} class="person">
        <Avatar id={user._id} name={user.nickName} size="small" />
        <span class="person-name">{plainName(user.nickName)}</span>
      </div>
    ))}
  </section>
)
