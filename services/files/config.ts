import { type ConfigReader, readMongo, readProcess, readS3 } from '@chat/service'

export type FilesConfig = ReturnType<typeof readConfig>

/** Types that people send each other, and none that a browser would run. */
const defaultFileTypes = [
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'image/heic',
  'image/heif',
  'image/avif',
  'image/bmp',
  'video/mp4',
  'video/quicktime',
  'video/webm',
  'video/x-matroska',
  'video/3gpp',
  'audio/mpeg',
  'audio/mp4',
  'audio/x-m4a',
  'audio/aac',
  'audio/ogg',
  'audio/wav',
  'audio/flac',
  'audio/webm',
  'application/pdf',
  'application/zip',
  'application/gzip',
  'application/x-7z-compressed',
  'text/plain',
  'application/rtf',
  'application/x-cfb',
  'application/vnd.openxmlformats-officedocument.*',
  'application/vnd.oasis.opendocument.*',
  'application/epub+zip',
  'application/octet-stream',
]

export const readConfig = (read: ConfigReader) => ({
  ...readProcess(read),
  ...readMongo(read),
  ...readS3(read),
  /** Media types that may be uploaded; `image/*` stands for all of its kind. */
  fileTypes: read.list('CHAT_FILE_TYPES', defaultFileTypes),
})
