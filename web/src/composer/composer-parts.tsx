import { useRef } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { previewOf } from '../session/preview.ts'
import { plainName } from '../text/plain.ts'
import { IconButton } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import type { Reply } from './reply.ts'

/** A way to pick files. */
export function Attach({ onFiles }: { onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null)
  const onChange = () => {
    const field = input.current as HTMLInputElement
    onFiles([...(field.files ?? [])])
    field.value = ''
  }
  return (
    <>
      <IconButton icon="clip" label={words.value.compose.attach} onClick={() => input.current?.click()} />
      <input ref={input} type="file" multiple hidden onChange={onChange} />
    </>
  )
}

/** What the text is about. */
export function About({ reply }: { reply: Reply }) {
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
