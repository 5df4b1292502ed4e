import { useEffect, useRef } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { Icon } from './icon.tsx'

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
