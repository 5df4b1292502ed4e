import {
  type Bucket,
  type Bus,
  type Connection,
  consumeEvents,
  DutyCycle,
  ensureStream,
  KeyedQueue,
  openAll,
  openBucket,
  openMongo,
  pingMongo,
  type Scope,
  type ServiceOptions,
  serveJobs,
} from '@chat/service'
import type { FilesConfig } from './config.ts'
import { DownloadLinks } from './download/download-links.ts'
import { handlers } from './handlers.ts'
import { ImagePreviewer } from './preview/image-previewer.ts'
import { Previews } from './preview/previews.ts'
import { findTools, VideoPreviewer } from './preview/video-previewer.ts'
import { GarbageCollector } from './storage/garbage-collector.ts'
import { openObjects } from './storage/object-store.ts'
import { openReferences } from './storage/reference-store.ts'
import { ReferenceTracker } from './storage/reference-tracker.ts'
import { BufferPool } from './upload/buffer-pool.ts'
import { openChunks } from './upload/chunk-store.ts'
import { FileTypePolicy } from './upload/file-type-policy.ts'
import { PART_BYTES } from './upload/part-upload.ts'
import type { UploadParts } from './upload/parts.ts'
import { startUploadCleanup } from './upload/upload-removal.ts'
import { openUploads } from './upload/upload-store.ts'

/** Writes of uploads take a fifth of the time, so that they do not delay messages. */
const UPLOAD_REST = 4
const PARTS_AT_ONCE = 2
/** The largest message on the bus. */
const MAX_CHUNK_BYTES = 8 * 1024 * 1024

export type Options = ServiceOptions<Pick<FilesConfig, 's3' | 'fileTypes'>> & { database?: string }
type Opened = Options & { mongo: Connection; bucket: Bucket; bus: Bus }
type Storage = Awaited<ReturnType<typeof openStorage>>

export const start = (options: Options) =>
  openAll(async (scope) => {
    const { mongoUrl, database = 'chat_files', s3Url, config, limits } = options
    const mongo = await scope.use('mongo', openMongo(mongoUrl, database))
    const bucket = await scope.use('s3', openBucket({ ...config.s3, url: s3Url }))
    const bus = await scope.use('nats', options.openBus())
    const opened = { ...options, mongo, bucket, bus }
    await ensureStream(bus)
    const storage = await openStorage(scope, opened)
    const uploading = await openUploading(scope, opened, storage)
    const links = new DownloadLinks({ ...storage, bucket, bus, seconds: limits.downloadLinkSeconds })
    const answers = handlers({ ...storage, ...uploading, links })
    await scope.use('requests', bus.serve('files', answers))
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo), s3: () => bucket.ping() } }
  })

async function openStorage(scope: Scope, { logger, mongo, bucket, bus }: Opened) {
  const objects = await openObjects(mongo)
  const store = await openReferences(mongo)
  const references = new ReferenceTracker(store, objects)
  const consumer = consumeEvents({
    bus,
    logger,
    durable: 'files',
    kinds: ['message', 'change'],
    // Short: members ask for a shared file at once. Most messages have no files and cost nothing.
    paceMs: 20,
    handle: (events) => references.apply(events),
  })
  const { lagMs } = await scope.use('references', consumer)
  const garbageCollector = new GarbageCollector({ objects, references, bucket, lagMs, logger })
  await scope.use('garbage collector', garbageCollector)
  return { objects, store, references, lagMs, garbageCollector }
}

async function openUploading(scope: Scope, opened: Opened, storage: Storage): Promise<UploadParts> {
  const { config, limits, logger, metrics, mongo, bucket, bus } = opened
  const { objects, references } = storage
  const pacing = new DutyCycle(UPLOAD_REST)
  const uploads = await openUploads(mongo, metrics)
  await scope.use('job requests', serveJobs(bus, uploads.jobs))
  const chunks = await openChunks(mongo, bucket, pacing)
  const cleanup = startUploadCleanup({ uploads, chunks, bucket, logger })
  await scope.use('upload cleanup', cleanup)
  const images = await scope.use('image previewer', new ImagePreviewer())
  const videos = new VideoPreviewer(await findTools(), images)
  return {
    uploads,
    chunks,
    objects,
    references,
    bucket,
    bus,
    typePolicy: new FileTypePolicy(config.fileTypes),
    previews: new Previews({ bucket, images, videos, logger }),
    buffers: new BufferPool(PARTS_AT_ONCE, PART_BYTES + MAX_CHUNK_BYTES),
    queue: new KeyedQueue(),
    pacing,
    limits,
    logger,
  }
}
