const FORMULA = /^[\s"]*[=+\-@＝＋－＠]/
const CONTROL = /^[\t\r\n\0]/
/** Characters at which some spreadsheets split even a quoted cell. */
const SPLITS = /([;\t\r\n])/

/** A spreadsheet executes a cell that begins like a formula; an apostrophe makes it text (OWASP, "CSV injection"). */
const escapeFormula = (cell: string) => (FORMULA.test(cell) ? `'${cell}` : cell)

function neutralize(text: string): string {
  const cells = text.split(SPLITS).map(escapeFormula).join('')
  return CONTROL.test(text) ? `'${cells}` : cells
}

const quote = (text: string) => `"${neutralize(text).replaceAll('"', '""')}"`

/** Without a byte order mark Excel does not recognize UTF-8. */
export const BOM = '\ufeff'

/** A line in RFC 4180 with every cell quoted. */
export const csvLine = (cells: string[]) => `${cells.map(quote).join(',')}\r\n`
