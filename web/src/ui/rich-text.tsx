import { useMemo } from 'preact/hooks'
import { type Part, partsOf } from '../text/parts.ts'
import { plainText } from '../text/plain.ts'

type Props = { text: string; names?: readonly string[]; keyword?: string }

function Piece({ part }: { part: Part }) {
  const text = part.isMarked ? <mark>{part.text}</mark> : part.text
  if (part.kind === 'mention') return <b class="mention">{text}</b>
  return <>{text}</>
}

type Link = { kind: 'link'; parts: Part[] }

/** What was searched for may stand within a link: its parts stay one link. */
function withLinks(parts: Part[]): (Part | Link)[] {
  const joined: (Part | Link)[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (part.kind !== 'link') joined.push(part)
    else if (last && 'parts' in last) last.parts.push(part)
    else joined.push({ kind: 'link', parts: [part] })
  }
  return joined
}

/** Somebody's text: links, mentions and what was searched for stand out; nothing in it is ever taken for markup. */
export function RichText({ text, names = [], keyword = '' }: Props) {
  const pieces = useMemo(
    () => withLinks(partsOf(plainText(text), names, keyword)),
    [text, names.join('\n'), keyword],
  )
  return (
    <>
      {pieces.map((piece, index) =>
        'parts' in piece ? (
          <a
            key={index}
            href={piece.parts.map((part) => part.text).join('')}
            target="_blank"
            rel="noopener noreferrer nofollow"
          >
            {piece.parts.map((part, place) => (
              <Piece key={place} part={part} />
            ))}
          </a>
        ) : (
          <Piece key={index} part={piece} />
        ),
      )}
    </>
  )
}
