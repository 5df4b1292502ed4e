const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The beginning of a text, at most so many UTF-16 units, and no half of what one sees as one sign. */
export const cut = (text: string, units: number) =>
  text.slice(0, letters.segment(text).containing(units)?.index ?? text.length)
