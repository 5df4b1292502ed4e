export type ReadText = (path: string) => string

/** What a document holds, or what is wrong with it. The problem shows nothing of the document. */
export type Parsed<T> = { value: T } | { problem: string }

/** @param given JSON, or the path of a file that holds it */
export function readDocument<T>(
  given: string,
  readText: ReadText,
  parse: (json: string) => Parsed<T>,
): Parsed<T> {
  if (given.startsWith('{')) return parse(given)
  try {
    return parse(readText(given))
  } catch (error) {
    return { problem: `names a file that cannot be read (${(error as NodeJS.ErrnoException).code})` }
  }
}

/** Whether all values are texts that are not empty. */
export const areTexts = (...values: unknown[]): boolean =>
  values.every((value) => typeof value === 'string' && value !== '')
