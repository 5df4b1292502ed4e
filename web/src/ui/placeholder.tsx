import type { ComponentChildren } from 'preact'
import { words } from '../i18n/words.ts'
import { errorText } from '../session/toasts.ts'
import { Button } from './button.tsx'
import { Icon, type IconName } from './icon.tsx'

// What a list or pane shows instead of content: nothing there, loading, failed.

export const Empty = ({
  icon,
  title,
  hint,
  children,
}: {
  icon: IconName
  title: string
  hint?: string
  children?: ComponentChildren
}) => (
  <div class="empty">
    <span class="empty-icon">
      <Icon name={icon} size={28} />
    </span>
    <p class="empty-title">{title}</p>
    {hint && <p class="empty-hint">{hint}</p>}
    {children}
  </div>
)

export const Spinner = () => (
  <p class="spinner" role="status">
    <i aria-hidden="true" />
    <span class="sr-only">{words.value.loading}</span>
  </p>
)

export const LoadError = ({ error, onRetry }: { error: unknown; onRetry: () => void }) => (
  <div class="failed" role="alert">
    <p>{errorText(error)}</p>
    <Button onClick={onRetry}>{words.value.retry}</Button>
  </div>
)
