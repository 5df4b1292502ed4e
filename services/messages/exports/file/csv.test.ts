import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { csvLine } from './csv.ts'

test.each([
  ['=1+1', `"'=1+1"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t'=1"`],
  ['\r=1', `"'\r'=1"`],
  ['\tplain', `"'\tplain"`],
  ['  =1', `"'  =1"`],
  ['＝1+1', `"'＝1+1"`],
  ['\u00a0@x', `"'\u00a0@x"`],
  ['=cmd|"/c calc"!A1', `"'=cmd|""/c calc""!A1"`],
  ['a;=1+1', `"a;'=1+1"`],
  ['a\t+1', `"a\t'+1"`],
  ['two lines\n=1', `"two lines\n'=1"`],
  ['a; "=1"', `"a;' ""=1"""`],
  ['"=1"', `"'""=1"""`],
  [';;@x;-1', `";;'@x;'-1"`],
])('%j is not a formula', (text, cell) => {
  expect(csvLine([text])).toBe(`${cell}\r\n`)
})

test.each([
  ['plain', '"plain"'],
  ['', '""'],
  ['a=1', '"a=1"'],
  ['say "hi", then\nleave', '"say ""hi"", then\nleave"'],
  ['",=1+1', '""",=1+1"'],
  ['one; two; 1-2', '"one; two; 1-2"'],
])('%j stays as it is', (text, cell) => {
  expect(csvLine([text, '1'])).toBe(`${cell},"1"\r\n`)
})

/** The cells of a spreadsheet that splits at every separator, quoted or not: the worst case. */
const cellsOf = (line: string, separator: RegExp) =>
  line.split(separator).map((cell) => cell.replace(/^[\s"]+/u, ''))

/** The cells by RFC 4180. */
const quotedCellsOf = (line: string) =>
  [...line.matchAll(/"((?:[^"]|"")*)"(?:,|\r\n)/g)].map(([, cell = '']) => cell.replaceAll('""', '"'))

test('no cell begins as a formula, whatever the text and wherever a spreadsheet splits it', () => {
  const character = fc.constantFrom(...'=+-@＝;\t\r\n," \'a1')
  const texts = fc.array(fc.string({ unit: character, maxLength: 20 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(texts, (cells) => {
      const line = csvLine(cells)
      expect(quotedCellsOf(line)).toHaveLength(cells.length)
      for (const cell of quotedCellsOf(line)) expect(cell).not.toMatch(/^[\s"]*[=+\-@＝＋－＠]/)
      for (const separator of [/[;\r\n]/, /[\t\r\n]/, /[;\t\r\n]/])
        for (const cell of cellsOf(line, separator)) expect(cell).not.toMatch(/^[=+\-@＝＋－＠]/)
    }),
    { examples: [[[',"=', '']]] },
  )
})

test('the time for a text grows linearly with its length', () => {
  const text = '\n'.repeat(200_000) + ' '.repeat(200_000)
  expect(csvLine([text])).toHaveLength(text.length + 5)
})
