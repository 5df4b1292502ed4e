import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Trie } from './trie.ts'

const codes = (text: string) => [...text].map((each) => each.codePointAt(0) as number)

/** Every position where a word ends, found word by word. */
const slowly = (words: string[], text: string) =>
  words.flatMap((word) =>
    [...text].flatMap((_, end) => (text.slice(0, end + 1).endsWith(word) ? [`${word} at ${end}`] : [])),
  )

test('finds the same words as a search for each word by itself', async () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x'), maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(word, { maxLength: 12 }), text, async (words, text) => {
      const trie = await Trie.build(words.map((each) => [codes(each), each]))
      const found: string[] = []
      trie.scan(codes(text), (pattern, end) => found.push(`${pattern} at ${end}`))
      expect(found.sort()).toEqual(slowly(words, text).sort())
    }),
  )
})

test('thousands of words take about as long as a few', async () => {
  const made = (count: number) =>
    Array.from({ length: count }, (_, index) => `word${(index * 7919) % 100_000}`)
  const text = codes('a text of ordinary words, wordless and wordy, word999x '.repeat(80))
  const scanned = async (count: number) => {
    const trie = await Trie.build(made(count).map((each) => [codes(each), each]))
    const times = Array.from({ length: 20 }, () => {
      const started = performance.now()
      trie.scan(text, () => {})
      return performance.now() - started
    })
    return Math.min(...times)
  }
  await scanned(10)
  const few = await scanned(10)
  expect(await scanned(10_000)).toBeLessThan(10 * few)
})
