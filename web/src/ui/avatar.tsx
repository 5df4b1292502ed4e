import { plainName } from '../text/plain-text.ts'

const HUES = 10

/** The same colour for a user everywhere. */
function hueOf(id: string): number {
  let sum = 7
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973
  return sum % HUES
}

/** The last two syllables of a Hangul name, the initials of others. */
function initialsOf(name: string): string {
  const letters = plainName(name).match(/[\p{L}\p{N}]/gu) ?? ['?']
  if (/^\p{Script=Hangul}/u.test(letters.join(''))) return letters.slice(0, 3).slice(-2).join('')
  const words = plainName(name).split(/[\s·]+/u)
  const initials = words.map((word) => word.match(/[\p{L}\p{N}]/u)?.[0] ?? '').join('')
  return initials.slice(0, 2).toUpperCase() || (letters[0] as string)
}

type Props = { id: string; name: string; size?: 'small' | 'medium' | 'large'; online?: boolean }

export const Avatar = ({ id, name, size = 'medium', online = false }: Props) => (
  <span class={`avatar avatar-${size} hue-${hueOf(id)}`} data-initials={initialsOf(name)} aria-hidden="true">
    {online && <i class="avatar-online" />}
  </span>
)
