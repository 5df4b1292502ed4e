import { Fault } from '@chat/contract'
import { sniff } from './file-type.ts'

export type Kind = 'FILE' | 'VIDEO' | 'PHOTO'

/** Formats that are zip archives, as the list of allowed types writes them. Which it is may stand later in the file. */
const ZIPPED = ['application/vnd.', 'application/epub+zip', 'application/java-archive']
/** With fewer bytes a verdict is too early. */
const ENOUGH_BYTES = 4_100

/** @param pattern a media type, or the beginning of some followed by `*` */
const matches = (pattern: string, mediaType: string) =>
  pattern.endsWith('*') ? mediaType.startsWith(pattern.slice(0, -1)) : mediaType === pattern

function isOfKind(kind: Kind, mediaType: string): boolean {
  if (kind === 'PHOTO') return mediaType.startsWith('image/')
  return kind === 'FILE' || mediaType.startsWith('video/')
}

/** Which files may be sent. */
export class Admission {
  private readonly fileTypes: string[]

  /** @param fileTypes media types; `image/*` stands for all that begin so */
  constructor(fileTypes: string[]) {
    this.fileTypes = fileTypes
  }

  /**
   * Judges a file by its first bytes.
   * @param isWhole whether there are no more; else it may turn out to be something else
   * @returns its media type
   * @throws FILE_TYPE_NOT_ALLOWED
   */
  async admit(kind: Kind, start: Uint8Array, isWhole: boolean): Promise<string> {
    const mediaType = await sniff(start, isWhole)
    const isEarly = !isWhole && (start.length < ENOUGH_BYTES || this.mayBeAllowedZip(kind, mediaType))
    if (isEarly || (isOfKind(kind, mediaType) && this.allows(mediaType))) return mediaType
    throw new Fault('FILE_TYPE_NOT_ALLOWED', { data: { mediaType } })
  }

  private allows(mediaType: string) {
    return this.fileTypes.some((pattern) => matches(pattern, mediaType))
  }

  private mayBeAllowedZip(kind: Kind, mediaType: string) {
    const isZipped = (pattern: string) => ZIPPED.some((start) => pattern.startsWith(start))
    return kind === 'FILE' && mediaType === 'application/zip' && this.fileTypes.some(isZipped)
  }
}
