import { Fault } from '@chat/contract'
import { fileTypeFromBuffer } from 'file-type'

export type Kind = 'FILE' | 'VIDEO' | 'PHOTO'

/** Formats that are zip archives, as the list of allowed types names them. They may be told apart only by later bytes. */
const ZIPPED = ['application/vnd.', 'application/epub+zip', 'application/java-archive']
/** With fewer bytes the sniffed type may still change. */
const ENOUGH_BYTES = 4_100

export class FileTypePolicy {
  private readonly allowed: string[]

  /** @param allowed media types, or prefixes followed by `*` */
  constructor(allowed: string[]) {
    this.allowed = allowed
  }

  /** @param isWhole no bytes follow; else any type may pass that is undecided yet @throws FILE_TYPE_NOT_ALLOWED */
  async check(kind: Kind, start: Uint8Array, isWhole: boolean): Promise<string> {
    const mediaType = await sniff(start, isWhole)
    const isUndecided = !isWhole && (start.length < ENOUGH_BYTES || this.mayBeAllowedZip(kind, mediaType))
    if (isUndecided || (isOfKind(kind, mediaType) && this.allows(mediaType))) return mediaType
    throw new Fault('FILE_TYPE_NOT_ALLOWED', { data: { mediaType } })
  }

  private allows(mediaType: string) {
    return this.allowed.some((pattern) =>
      pattern.endsWith('*') ? mediaType.startsWith(pattern.slice(0, -1)) : mediaType === pattern,
    )
  }

  private mayBeAllowedZip(kind: Kind, mediaType: string) {
    const isZipped = (pattern: string) => ZIPPED.some((start) => pattern.startsWith(start))
    return kind === 'FILE' && mediaType === 'application/zip' && this.allowed.some(isZipped)
  }
}

function isOfKind(kind: Kind, mediaType: string): boolean {
  if (kind === 'PHOTO') return mediaType.startsWith('image/')
  return kind === 'FILE' || mediaType.startsWith('video/')
}

/** This many first bytes show the type of nearly every file. */
export const TELLING_BYTES = 65_536
/** Browsers recognize markup only at the beginning. */
const MARKUP_CHARS = 2_048

const aliases: Record<string, string> = {
  'image/apng': 'image/png',
  'image/heic-sequence': 'image/heic',
  'image/heif-sequence': 'image/heif',
  'video/matroska': 'video/x-matroska',
  'video/x-m4v': 'video/mp4',
  'video/3gpp2': 'video/3gpp',
  'application/xml': 'text/xml',
}

/** The media type of a file by its first bytes; `isWhole`: there are no more. */
export async function sniff(start: Uint8Array, isWhole: boolean): Promise<string> {
  const text = textOf(start, isWhole)
  const markup = text === null ? null : markupType(text)
  if (markup) return markup
  // The library may throw on malformed input.
  const found = await fileTypeFromBuffer(start).catch(() => undefined)
  const type = found?.mime.split(';')[0]
  if (type) return aliases[type] ?? type
  return text === null ? 'application/octet-stream' : 'text/plain'
}

const byteOrderMarks: [string, number[]][] = [
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

function textOf(bytes: Uint8Array, isWhole: boolean): string | null {
  const marked = byteOrderMarks.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte))
  try {
    const decoder = new TextDecoder(marked?.[0] ?? 'utf-8', { fatal: true })
    // The last character may be cut off.
    const text = decoder.decode(bytes, { stream: !isWhole })
    return hasControls(text) ? null : text
  } catch {
    return null
  }
}

/** Text has no control characters except white space. */
const hasControls = (text: string) => /\p{Cc}/u.test(text.replace(/\s+/g, ' '))

/** Opening tags by which browsers recognize HTML (WHATWG MIME Sniffing, 7.1). */
const HTML = /^<(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\s>/]/i
const PROLOGUE = /^(<\?[^>]*>|<!--[\s\S]*?(-->|$)|<!doctype(?! html)[^>[]*(\[[^\]]*\])?[^>]*>|\s+)/i

/** The type of text that browsers execute or render as markup; null for any other. */
function markupType(text: string): string | null {
  const start = text.trimStart().slice(0, MARKUP_CHARS)
  let rest = start
  for (let found = PROLOGUE.exec(rest); found; found = PROLOGUE.exec(rest)) rest = rest.slice(found[0].length)
  if (/^<([\w-]+:)?svg[\s>/]/i.test(rest)) return 'image/svg+xml'
  if (HTML.test(rest) || start.startsWith('<!--')) return 'text/html'
  return start.startsWith('<?xml') ? 'text/xml' : null
}
