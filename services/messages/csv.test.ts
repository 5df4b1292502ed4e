import { expect, test } from '@jest/globals'
import { csvLine } from './csv.ts'

test.each([
  ['=1+1', `"'=1+1"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  ['\r=1', `"'\r=1"`],
  ['  =1', `"'  =1"`],
  ['＝1+1', `"'＝1+1"`],
  ['\u00a0@x', `"'\u00a0@x"`],
  ['=cmd|"/c calc"!A1', `"'=cmd|""/c calc""!A1"`],
])('%j is not run', (text, cell) => {
  expect(csvLine([text])).toBe(`${cell}\r\n`)
})

test.each([
  ['plain', '"plain"'],
  ['', '""'],
  ['a=1', '"a=1"'],
  ['say "hi", then\nleave', '"say ""hi"", then\nleave"'],
  ['",=1+1', '""",=1+1"'],
])('%j stays as it is', (text, cell) => {
  expect(csvLine([text, '1'])).toBe(`${cell},"1"\r\n`)
})
