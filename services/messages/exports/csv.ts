const FORMULA = /^[\s"]*[=+\-@＝＋－＠]/
const CONTROL = /^[\t\r\n\0]/
/** Where a sheet that is told another separator, as many are by their language, begins a cell in spite of the quotes. */
const SPLITS = /([;\t\r\n])/

/** A spreadsheet takes such a cell for a formula and runs it; behind an apostrophe it is text (OWASP, "CSV injection"). */
const guarded = (cell: string) => (FORMULA.test(cell) ? `'${cell}` : cell)

/** No part of it is run, however it is split. */
function inert(text: string): string {
  const parts = text.split(SPLITS).map(guarded).join('')
  return CONTROL.test(text) ? `'${parts}` : parts
}

const cell = (text: string) => `"${inert(text).replaceAll('"', '""')}"`

/** Without it Excel takes UTF-8 for something else. */
export const BOM = '\ufeff'

/** RFC 4180; every cell is quoted, so that nothing in it ends it. */
export const csvLine = (cells: string[]) => `${cells.map(cell).join(',')}\r\n`
