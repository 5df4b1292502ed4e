import type { AskInput } from '../connection/requests.ts'

/** What can be uploaded: a browser's File or Blob, or bytes. */
export type FileSource = Blob | Uint8Array

export type Upload = {
  source: FileSource
  place: AskInput<'createUpload'>
  onProgress: (percent: number) => void
  /** Aborted by the app, or when the client is closed. */
  signal: AbortSignal
}

/** Reads one piece only, so that a large file is never in memory as a whole. */
export async function pieceOf(
  source: FileSource,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof Blob) return new Uint8Array(await source.slice(start, end).arrayBuffer())
  return new Uint8Array(source.subarray(start, end))
}

const nameOf = (source: FileSource) =>
  'name' in source && typeof source.name === 'string' && source.name !== '' ? source.name : 'file'

function typeOf(source: FileSource): 'PHOTO' | 'VIDEO' | 'FILE' {
  const mediaType = source instanceof Blob ? source.type : ''
  if (mediaType.startsWith('image/')) return 'PHOTO'
  return mediaType.startsWith('video/') ? 'VIDEO' : 'FILE'
}

export const described = (source: FileSource) => ({
  name: nameOf(source),
  type: typeOf(source),
  size: source instanceof Blob ? source.size : source.byteLength,
})
