import {
  consumeEvents,
  DutyCycle,
  ensureIndexes,
  ensureStream,
  KeyedQueue,
  type NumberedKind,
  openAll,
  openBucket,
  openFailedEvents,
  openMongo,
  pingMongo,
  type Scope,
  type ServiceOptions,
  type StreamEvent,
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
import { applyEvents, mayHaveFiles } from './storage/reference-tracker.ts'
import { BufferPool } from './upload/buffer-pool.ts'
import { ChunkStore } from './upload/chunk-store.ts'
import { FileTypePolicy } from './upload/file-type.ts'
import { PART_BYTES } from './upload/part-upload.ts'
import type { UploadParts } from './upload/parts.ts'
import { startUploadCleanup } from './upload/upload-removal.ts'
import { UploadStore } from './upload/upload-store.ts'

/** Writes of uploads take a fifth of the time, so that they do not delay messages. */
const UPLOAD_REST = 4
const PARTS_AT_ONCE = 2
/** The largest message on the bus. */
const MAX_CHUNK_BYTES = 8 * 1024 * 1024

export type Options = ServiceOptions<Pick<FilesConfig, 's3' | 'fileTypes'>> & { database?: string }
type Opened = Options & Awaited<ReturnType<typeof openStores>>

export const start = (options: Options) =>
  openAll(async (scope) => {
    const opened = { ...options, ...(await openStores(options, scope)) }
    const { mongo, bucket, bus, limits } = opened
    const tracking = await trackReferences(opened, scope)
    const uploading = await openUploading(opened, scope)
    const links = new DownloadLinks({ ...opened, seconds: limits.downloadLinkSeconds })
    const answers = handlers({ ...opened, ...tracking, ...uploading, links })
    await scope.use('requests', bus.serve('files', answers))
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo), s3: () => bucket.ping() } }
  })

async function openStores({ mongoUrl, database = 'chat_files', s3Url, ...options }: Options, scope: Scope) {
  const mongo = await scope.use('mongo', openMongo(mongoUrl, database))
  const bucket = await scope.use('s3', openBucket({ ...options.config.s3, url: s3Url }))
  const bus = await scope.use('nats', options.openBus())
  const pacing = new DutyCycle(UPLOAD_REST)
  const stores = {
    objects: openObjects(mongo),
    store: openReferences(mongo),
    uploads: new UploadStore(mongo, options.metrics),
    chunks: new ChunkStore(mongo, bucket, pacing),
  }
  await ensureIndexes(mongo)
  await ensureStream(bus)
  return { mongo, bucket, bus, pacing, ...stores }
}

async function trackReferences(opened: Opened, scope: Scope) {
  const { bus, logger, mongo, metrics } = opened
  const consumed = { connection: mongo, handle: (events: StreamEvent[]) => applyEvents(opened, events) }
  const failing = openFailedEvents<NumberedKind>({ ...consumed, kind: 'files-event', metrics, logger })
  const failedEvents = await scope.use('failed events', failing)
  const consumer = consumeEvents({
    ...{ ...consumed, bus, logger, name: 'files' },
    kinds: ['message', 'change'],
    concerns: mayHaveFiles,
    // Short: members ask for a shared file at once.
    paceMs: 20,
    setAside: failedEvents.add,
  })
  const { lagMs } = await scope.use('references', consumer)
  await scope.use('event job requests', serveJobs(bus, failedEvents.jobs))
  const garbageCollector = new GarbageCollector({ ...opened, lagMs })
  await scope.use('garbage collector', garbageCollector)
  return { lagMs, garbageCollector, failedEvents }
}

async function openUploading(opened: Opened, scope: Scope): Promise<UploadParts> {
  const { bucket, bus, config, logger, uploads } = opened
  await scope.use('job requests', serveJobs(bus, uploads.jobs))
  await scope.use('upload cleanup', startUploadCleanup(opened))
  const images = await scope.use('image previewer', new ImagePreviewer())
  const videos = new VideoPreviewer(await findTools(), images)
  return {
    ...opened,
    typePolicy: new FileTypePolicy(config.fileTypes),
    previews: new Previews({ bucket, images, videos, logger }),
    buffers: new BufferPool(PARTS_AT_ONCE, PART_BYTES + MAX_CHUNK_BYTES),
    queue: new KeyedQueue(),
  }
}
