import { words } from '../i18n/words.ts'
import { previewOf } from '../text/message-preview.ts'
import { plainName } from '../text/plain-text.ts'
import { IconButton } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import type { Reply } from './reply.ts'

/** The message that is replied to or edited. */
export function ReplyBar({ reply }: { reply: Reply }) {
  const message = reply.to.value ?? reply.editing.value
  if (!message) return null
  const { compose, cancel } = words.value
  const title = reply.to.value ? compose.replying(plainName(message.author.nickName)) : compose.editing
  return (
    <div class="composer-about">
      <Icon name={reply.to.value ? 'reply' : 'pencil'} size={16} />
      <p>
        <strong>{title}</strong>
        <span dir="auto">{previewOf(message)}</span>
      </p>
      <IconButton icon="close" label={cancel} onClick={() => reply.clear()} />
    </div>
  )
}
