/** Characters that change the reading direction: a name with one shows "jpg.exe" as "exe.gpj". */
const OVERRIDES = /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/g
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu

/** A name on one line, without control characters that could disguise it. */
export const plainName = (text: string) => text.replace(OVERRIDES, '').replace(CONTROLS, ' ').trim()

/** A message without direction overrides. It keeps its lines; the page isolates each message's direction. */
export const plainText = (text: string) => text.replace(/[\u202d\u202e]/g, '')
