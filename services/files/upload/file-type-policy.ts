import { Fault } from '@chat/contract'
import { sniff } from './file-type.ts'

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
