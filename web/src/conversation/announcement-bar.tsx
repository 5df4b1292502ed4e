import type { Room } from '@chat/contract'
import { useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { plainName, plainText } from '../text/plain.ts'
import { Icon } from '../ui/icon.tsx'
import { RichText } from '../ui/rich-text.tsx'
import type { Conversation } from './conversation.ts'

/** What a master has pinned: one line, or all of it. */
export function AnnouncementBar({ room, conversation }: { room: Room; conversation: Conversation }) {
  const { notices } = useSession()
  const [isWide, setWide] = useState(false)
  const { announcement } = room
  if (!announcement) return null
  const { messageId } = announcement
  const lead = () => messageId !== null && void notices.attempt(() => conversation.goTo(messageId))
  return (
    <section class={`announcement ${isWide ? 'is-wide' : ''}`} aria-label={words.value.room.announcement}>
      <Icon name="pin" size={18} />
      <div class="announcement-text" dir="auto">
        <RichText text={plainText(announcement.text)} />
        {isWide && (
          <p class="announcement-author">
            {plainName(announcement.author.nickName)}
            {messageId !== null && (
              <button type="button" class="text-button" onClick={lead}>
                {words.value.message.show}
              </button>
            )}
          </p>
        )}
      </div>
      <button
        type="button"
        class="icon-button"
        aria-expanded={isWide}
        aria-label={words.value.more}
        onClick={() => setWide(!isWide)}
      >
        <Icon name="down" size={18} />
      </button>
    </section>
  )
}
