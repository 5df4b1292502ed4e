import { words } from '../i18n/words.ts'

export const Badge = ({ count, isQuiet = false }: { count: number; isQuiet?: boolean }) =>
  count > 0 ? (
    <span class={`badge ${isQuiet ? 'badge-quiet' : ''}`}>
      <span aria-hidden="true">{count > 999 ? '999+' : count}</span>
      <span class="sr-only">{words.value.rooms.unread(count)}</span>
    </span>
  ) : null
