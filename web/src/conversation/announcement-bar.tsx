import type { Room } from '@chat/contract'
import { useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { plainName, plainText } from '../text/plain-text.ts'
import { Icon } from '../ui/icon.tsx'
import { RichText } from '../ui/rich-text.tsx'
import type { Conversation } from './conversation.ts'

/** The pinned announcement: one line, or expanded. */
export function AnnouncementBar({ room, conversation }: { room: Room; conversation: Conversation }) {
  const { toasts } = useSession()
  const [isExpanded, setExpanded] = useState(false)
  const { announcement } = room
  if (!announcement) return null
  const { messageId } = announcement
  const goToMessage = () => messageId !== null && void toasts.attempt(() => conversation.goTo(messageId))
  return (
    <section class={`announcement ${isExpanded ? 'is-wide' : ''}`} aria-label={words.value.room.announcement}>
      <Icon name="pin" size={18} />
      <div class="announcement-text" dir="auto">
        <RichText text={plainText(announcement.text)} />
        {isExpanded && (
          <p class="announcement-author">
            {plainName(announcement.author.nickName)}
            {messageId !== null && (
              <button type="button" class="text-button" onClick={goToMessage}>
                {words.value.message.show}
              </button>
            )}
          </p>
        )}
      </div>
      <button
        type="button"
        class="icon-button"
        aria-expanded={isExpanded}
        aria-label={words.value.more}
        onClick={() => setExpanded(!isExpanded)}
      >
        <Icon name="down" size={18} />
      </button>
    </section>
  )
}
