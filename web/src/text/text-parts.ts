export type Part = { kind: 'text' | 'link' | 'mention'; text: string; isMarked: boolean }

const LINK = /https?:\/\/[^\s<>"'`]+/giu
const TRAILING = /[.,;:!?)\]}'"…。、]+$/u

type Span = { start: number; end: number; kind: 'link' | 'mention' }

/** Only http: and https: addresses are links, never javascript: or data:. */
function linksIn(text: string): Span[] {
  return [...text.matchAll(LINK)].flatMap((match) => {
    const address = match[0].replace(TRAILING, '')
    const isLink = URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)
    return isLink ? [{ start: match.index, end: match.index + address.length, kind: 'link' as const }] : []
  })
}

function mentionsIn(text: string, names: readonly string[]): Span[] {
  const byLength = [...names].filter(Boolean).sort((a, b) => b.length - a.length)
  const spans: Span[] = []
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const name = byLength.find((candidate) => text.startsWith(candidate, at + 1))
    if (name) spans.push({ start: at, end: at + 1 + name.length, kind: 'mention' })
  }
  return spans
}

/** The ranges of the keyword, ignoring case. */
function marksIn(text: string, keyword: string): [start: number, end: number][] {
  const searched = keyword.trim().toLowerCase()
  const lower = text.toLowerCase()
  // Lower case may be longer than the text (İ): then the positions would be wrong.
  if (searched === '' || lower.length !== text.length) return []
  const marks: [number, number][] = []
  for (let at = lower.indexOf(searched); at !== -1; at = lower.indexOf(searched, at + searched.length))
    marks.push([at, at + searched.length])
  return marks
}

/** Splits a text into links, mentions, marked keywords and plain parts. */
export function partsOf(text: string, names: readonly string[] = [], keyword = ''): Part[] {
  const spans: Span[] = []
  for (const span of [...linksIn(text), ...mentionsIn(text, names)].sort((a, b) => a.start - b.start))
    if (span.start >= (spans.at(-1)?.end ?? 0)) spans.push(span)
  const marks = marksIn(text, keyword)
  const cuts = new Set([0, text.length, ...spans.flatMap((s) => [s.start, s.end]), ...marks.flat()])
  const places = [...cuts].sort((a, b) => a - b)
  return places.slice(1).map((end, index) => {
    const start = places[index] as number
    return {
      kind: spans.find((span) => span.start <= start && end <= span.end)?.kind ?? 'text',
      text: text.slice(start, end),
      isMarked: marks.some(([from, to]) => from <= start && end <= to),
    }
  })
}
