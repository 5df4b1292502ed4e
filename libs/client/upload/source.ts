/** What can be uploaded: what a browser's file picker gives, or bytes at hand. */
export type FileSource = Blob | Uint8Array

export const sizeOf = (source: FileSource) => (source instanceof Blob ? source.size : source.byteLength)

/** Read only when it is its turn, so that a large file is never in memory as a whole. */
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

/** As far as the file itself tells. */
export const described = (source: FileSource) => ({
  name: nameOf(source),
  type: typeOf(source),
  size: sizeOf(source),
})
