export type Cell = string | number | boolean | null | undefined

/** Characters that move a terminal's cursor or change the direction of text. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|^\p{Extended_Pictographic}\ufe0f|^\p{Emoji_Presentation}/u
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Names and ids come from users: a terminal must not execute them. */
const plain = (text: string) =>
  text.replaceAll(CONTROLS, (each) => `\\u{${(each.codePointAt(0) as number).toString(16)}}`)

function shown(cell: Cell): string {
  if (cell === null || cell === undefined || cell === '') return '-'
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no'
  return plain(String(cell))
}

/** In columns of a terminal. */
const widthOf = (text: string) =>
  [...characters.segment(text)].reduce((sum, { segment }) => sum + (WIDE.test(segment) ? 2 : 1), 0)

const padded = (text: string, width: number) => text + ' '.repeat(width - widthOf(text))

/** Aligned columns below a line of titles. */
export function table(titles: string[], rows: Cell[][]): string[] {
  if (rows.length === 0) return ['none']
  const all = [titles.map((title) => title.toUpperCase()), ...rows.map((row) => row.map(shown))]
  const widths = titles.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))))
  return all.map((row) =>
    row
      .map((text, column) => padded(text, widths[column] as number))
      .join('  ')
      .trimEnd(),
  )
}

/** One line per field. */
export function fields(pairs: [title: string, value: Cell][]): string[] {
  const width = Math.max(...pairs.map(([title]) => title.length))
  return pairs.map(([title, value]) => `${title.padEnd(width)}  ${shown(value)}`)
}
