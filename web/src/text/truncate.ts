const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The beginning of a text: at most `units` UTF-16 units, never half of a visible character. */
export const truncate = (text: string, units: number) =>
  text.slice(0, letters.segment(text).containing(units)?.index ?? text.length)
