/** Marks that turn the reading direction of what follows around: a name with one shows "exe.gpj" for "jpg.exe". */
const OVERRIDES = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/g
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu

/** A name as one line that means what it looks like. */
export const plainName = (text: string) => text.replace(OVERRIDES, '').replace(CONTROLS, ' ').trim()

/** A message keeps its lines; what only turns the direction goes. Each message is isolated from the next by the page. */
export const plainText = (text: string) => text.replace(/[\u202d\u202e]/g, '')
