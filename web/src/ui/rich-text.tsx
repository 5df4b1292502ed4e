import { useMemo } from 'preact/hooks'
import { plainText } from '../text/plain-text.ts'
import { type Part, partsOf } from '../text/text-parts.ts'

type Props = { text: string; names?: readonly string[]; keyword?: string }

function Piece({ part }: { part: Part }) {
  const text = part.isMarked ? <mark>{part.text}</mark> : part.text
  if (part.kind === 'mention') return <b class="mention">{text}</b>
  return <>{text}</>
}

type Link = { kind: 'link'; parts: Part[] }

/** A keyword may be inside a link: the link's parts stay one link. */
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

/** A user's text with links, mentions and the searched keyword highlighted. It is never treated as markup. */
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
