import { readFile } from 'node:fs/promises'

export type Block = { language: string; code: string }

/** The code in a document, in its order. */
export const blocksOf = async (file: string): Promise<Block[]> =>
  [...(await readFile(file, 'utf8')).matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].map(
    ([, language = '', code = '']) => ({ language, code }),
  )
