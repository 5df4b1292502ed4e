import type { Room } from '@chat/contract'
import { useEffect, useState } from 'preact/hooks'
import { useDesk } from '../desk/desk.ts'
import { plainName } from '../text/plain.ts'
import { words } from '../words/words.ts'

/** Who is writing. */
export function TypingLine({ room }: { room: Room }) {
  const { chat, me } = useDesk()
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
