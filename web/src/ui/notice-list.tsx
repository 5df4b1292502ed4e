import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { IconButton } from './button.tsx'
import { Icon } from './icon.tsx'

export function NoticeList() {
  const { notices } = useSession()
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.list.value.map(({ id, text, isError, href }) => (
        <p key={id} class={`notice ${isError ? 'is-error' : ''}`}>
          <Icon name={isError ? 'alert' : 'check'} size={18} />
          {href === undefined ? (
            <span>{text}</span>
          ) : (
            <a href={href} target="_blank" rel="noopener noreferrer">
              {text}
            </a>
          )}
          <IconButton icon="close" label={words.value.close} onClick={() => notices.dismiss(id)} />
        </p>
      ))}
    </div>
  )
}
