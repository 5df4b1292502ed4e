import { type ConfigReader, readMongo, readProcess, readS3 } from '@chat/service'

export type FilesConfig = ReturnType<typeof readConfig>

const typesOf = (kind: string, ...names: string[]) => names.map((name) => `${kind}/${name}`)
/** Types that people send each other, and none that a browser would run. */
const defaultFileTypes = [
  ...typesOf('image', 'jpeg', 'png', 'gif', 'webp', 'heic', 'heif', 'avif', 'bmp'),
  ...typesOf('video', 'mp4', 'quicktime', 'webm', 'x-matroska', '3gpp'),
  ...typesOf('audio', 'mpeg', 'mp4', 'x-m4a', 'aac', 'ogg', 'wav', 'flac', 'webm'),
  ...typesOf('text', 'plain'),
  ...typesOf('application', 'pdf', 'zip', 'gzip', 'x-7z-compressed', 'epub+zip', 'rtf', 'x-cfb'),
  ...typesOf('application', 'vnd.openxmlformats-officedocument.*', 'vnd.oasis.opendocument.*'),
  ...typesOf('application', 'octet-stream'),
]

export const readConfig = (read: ConfigReader) => ({
  ...readProcess(read),
  ...readMongo(read),
  ...readS3(read),
  /** Media types that may be uploaded; `image/*` stands for all of its kind. */
  fileTypes: read.list('CHAT_FILE_TYPES', defaultFileTypes),
})
