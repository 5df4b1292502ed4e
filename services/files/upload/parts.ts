import type { Bucket, Bus, DutyCycle, KeyedQueue, Limits, Logger } from '@chat/service'
import type { Previews } from '../preview/previews.ts'
import type { FileStores } from '../storage/reference-tracker.ts'
import type { BufferPool } from './buffer-pool.ts'
import type { ChunkStore } from './chunk-store.ts'
import type { FileTypePolicy } from './file-type.ts'
import type { UploadStore } from './upload-store.ts'

export type UploadParts = FileStores & {
  uploads: UploadStore
  chunks: ChunkStore
  bucket: Bucket
  bus: Bus
  typePolicy: FileTypePolicy
  previews: Previews
  buffers: BufferPool
  /** By upload, and by user. */
  queue: KeyedQueue
  pacing: DutyCycle
  limits: Limits
  logger: Logger
}
