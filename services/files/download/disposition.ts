/** What browsers show without running anything of it. */
const SHOWN = /^(?:image\/(?:jpeg|png|gif|webp|avif|bmp|hei[cf])|(?:video|audio)\/[\w.+-]+|application\/pdf)$/
/** What a browser would run, or what holds something that it would. */
const MARKUP = /^text\/(?!plain$)|^image\/svg|[+/]xml$|script$/
/** Characters that turn the direction of a name: `gpj.exe` is not to be read as a picture. */
const TURNING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/** A link holds the name encoded twice; longer ones are more than some stores read. */
const MAX_NAME = 80

/** What a link says the file is: never what would make it run. */
export const servedType = (mediaType: string) =>
  MARKUP.test(mediaType) ? 'application/octet-stream' : mediaType

/** The header that tells a browser to show a file, or to save it under its name (RFC 6266). */
export function dispositionOf(name: string, mediaType: string, download: boolean): string {
  const kind = SHOWN.test(mediaType) && !download ? 'inline' : 'attachment'
  const clean = shortened(name.replace(TURNING, '').replace(/[\p{Cc}/\\]/gu, '_'))
  const plain = clean.replace(/[^\x20-\x7e]|["%]/g, '_')
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded(clean)}`
}

/** In the middle, so that it keeps its ending. */
function shortened(name: string): string {
  const characters = [...name]
  if (characters.length <= MAX_NAME) return name
  return [...characters.slice(0, MAX_NAME - 21), '…', ...characters.slice(-20)].join('')
}

/** As RFC 5987 has it. */
const encoded = (text: string) =>
  encodeURIComponent(text).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
