const FORMULA = new Set('=+-@＝＋－＠')
const CONTROL = new Set('\t\r\n\0')

/** A spreadsheet takes such a cell for a formula and runs it; behind an apostrophe it is text (OWASP, "CSV injection"). */
const isRun = (text: string) => CONTROL.has(text[0] ?? '') || FORMULA.has(text.trimStart()[0] ?? '')

const cell = (text: string) => `"${(isRun(text) ? `'${text}` : text).replaceAll('"', '""')}"`

/** Without it Excel takes UTF-8 for something else. */
export const BOM = '\ufeff'

/** RFC 4180; every cell is quoted, so that nothing in it ends it. */
export const csvLine = (cells: string[]) => `${cells.map(cell).join(',')}\r\n`
