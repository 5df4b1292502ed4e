/** Types that browsers display without executing anything. */
const INLINE =
  /^(?:image\/(?:jpeg|png|gif|webp|avif|bmp|hei[cf])|(?:video|audio)\/[\w.+-]+|application\/pdf)$/
/** Types that browsers execute, or that contain something they execute. */
const MARKUP = /^text\/(?!plain$)|^image\/svg|[+/]xml$|script$/
/** Characters that change the direction of text: they make `gpj.exe` look like the name of a picture. */
const DIRECTION = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/** A link holds the name encoded twice; some stores do not accept longer links. */
const MAX_NAME = 80

/** The type that a link declares; never one that a browser executes. */
export const servedType = (mediaType: string) =>
  MARKUP.test(mediaType) ? 'application/octet-stream' : mediaType

/** The Content-Disposition header (RFC 6266): to display a file, or to save it under its name. */
export function dispositionOf(name: string, mediaType: string, download: boolean): string {
  const kind = INLINE.test(mediaType) && !download ? 'inline' : 'attachment'
  const clean = shorten(name.replace(DIRECTION, '').replace(/[\p{Cc}/\\]/gu, '_'))
  const plain = clean.replace(/[^\x20-\x7e]|["%]/g, '_')
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encode(clean)}`
}

/** Cuts in the middle, so that the extension stays. */
function shorten(name: string): string {
  const characters = [...name]
  if (characters.length <= MAX_NAME) return name
  return [...characters.slice(0, MAX_NAME - 21), '…', ...characters.slice(-20)].join('')
}

/** RFC 5987. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
