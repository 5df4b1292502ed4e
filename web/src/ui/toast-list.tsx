import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { IconButton } from './button.tsx'
import { Icon } from './icon.tsx'

export function ToastList() {
  const { toasts } = useSession()
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.list.value.map(({ id, text, isError, href }) => (
        <p key={id} class={`toast ${isError ? 'is-error' : ''}`}>
          <Icon name={isError ? 'alert' : 'check'} size={18} />
          {href === undefined ? (
            <span>{text}</span>
          ) : (
            <a href={href} target="_blank" rel="noopener noreferrer">
              {text}
            </a>
          )}
          <IconButton icon="close" label={words.value.close} onClick={() => toasts.dismiss(id)} />
        </p>
      ))}
    </div>
  )
}
