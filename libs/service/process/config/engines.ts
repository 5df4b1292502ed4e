import type { ConfigReader } from './reader.ts'

export const readMongo = (read: ConfigReader) => ({
  mongoUrl: read.engine('CHAT_MONGO_URL', read.url('CHAT_MONGO_URL', ['mongodb', 'mongodb+srv'])),
})

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

export function readS3(read: ConfigReader) {
  const { url, publicUrl } = readS3Urls(read)
  const bucket = read.matching('CHAT_S3_BUCKET', BUCKET, 'must be a bucket name', 'chat')
  return { s3: { url: read.engine('CHAT_S3_URL', url), publicUrl, bucket } }
}

/** `publicUrl`: where browsers reach S3, if that differs. */
export const readS3Urls = (read: ConfigReader) => ({
  url: read.url('CHAT_S3_URL', ['http', 'https']),
  publicUrl: read.url('CHAT_S3_PUBLIC_URL', ['http', 'https']),
})
