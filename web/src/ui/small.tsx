import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { Icon, type IconName } from './icon.tsx'

/** What stands where there is nothing to show. */
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

type SwitchProps = {
  label: string
  isOn: boolean
  isDisabled?: boolean
  /** The id of what says more about it. */
  describedBy?: string
  onChange: (isOn: boolean) => void
}

export const Switch = ({ label, isOn, isDisabled = false, describedBy, onChange }: SwitchProps) => (
  <label class="switch">
    <span>{label}</span>
    <input
      type="checkbox"
      role="switch"
      checked={isOn}
      aria-checked={isOn}
      aria-describedby={describedBy}
      disabled={isDisabled}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
    <i aria-hidden="true" />
  </label>
)

type SearchProps = { label: string; value: string; onInput: (value: string) => void; isFocused?: boolean }

export function SearchField({ label, value, onInput, isFocused = false }: SearchProps) {
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (isFocused) field.current?.focus()
  }, [])
  return (
    <div class="search-field">
      <Icon name="search" size={17} />
      <input
        type="search"
        placeholder={label}
        aria-label={label}
        value={value}
        ref={field}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && value !== '' && onInput('')}
      />
      {value !== '' && (
        <button
          type="button"
          class="search-clear"
          aria-label={words.value.rooms.clear}
          onClick={() => onInput('')}
        >
          <Icon name="close" size={14} />
        </button>
      )}
    </div>
  )
}

export const Badge = ({ count, isQuiet = false }: { count: number; isQuiet?: boolean }) =>
  count > 0 ? (
    <span class={`badge ${isQuiet ? 'badge-quiet' : ''}`}>
      <span aria-hidden="true">{count > 999 ? '999+' : count}</span>
      <span class="sr-only">{words.value.rooms.unread(count)}</span>
    </span>
  ) : null
