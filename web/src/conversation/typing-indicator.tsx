import type { Room } from '@chat/contract'
import { useEffect, useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain-text.ts'

/** Shows who is typing. */
export function TypingIndicator({ room }: { room: Room }) {
  const { chat, me } = useSession()
  const [typist, setTypist] = useState<string | null>(null)
  useEffect(
    () =>
      chat.onRoom('typing', room._id, ({ userId, isTyping }) => {
        if (userId !== me._id) setTypist(isTyping ? userId : null)
      }),
    [],
  )
  const member = room.joinUsers.find(({ _id }) => _id === typist)
  return (
    <p class="typing" aria-live="polite">
      {member && (
        <>
          <i aria-hidden="true" /> {words.value.compose.typing(plainName(member.nickName))}
        </>
      )}
    </p>
  )
}
