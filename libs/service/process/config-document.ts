export type ReadText = (path: string) => string

/** What a document holds, or what is wrong with it; nothing secret is told. */
export type Outcome<T> = { value: T } | { problem: string }

/** @param given the document as JSON, or the path of it */
export function readDocument<T>(
  given: string,
  readText: ReadText,
  parse: (json: string) => Outcome<T>,
): Outcome<T> {
  if (given.startsWith('{')) return parse(given)
  try {
    return parse(readText(given))
  } catch (error) {
    return { problem: `names a file that cannot be read (${(error as NodeJS.ErrnoException).code})` }
  }
}

/** Whether a document says all of it. */
export const areTexts = (...values: unknown[]): boolean =>
  values.every((value) => typeof value === 'string' && value !== '')
