import {
  type Bus,
  type Config,
  consumeEvents,
  DutyCycle,
  ensureStream,
  type Logger,
  type Metrics,
  openAll,
  openBucket,
  openMongo,
  pingMongo,
} from '@chat/service'
import { DownloadLinks } from './download/download-links.ts'
import { handlers } from './handlers.ts'
import { Previews } from './preview/previews.ts'
import { Thumbnails } from './preview/thumbnails.ts'
import { findTools, VideoProbe } from './preview/video.ts'
import { FileErasure } from './storage/file-erasure.ts'
import { openObjects } from './storage/object-store.ts'
import { ObjectSweep } from './storage/object-sweep.ts'
import { openReferences } from './storage/reference-store.ts'
import { References } from './storage/references.ts'
import { Admission } from './upload/admission.ts'
import { openChunks } from './upload/chunk-store.ts'
import { ChunkedUpload } from './upload/chunked-upload.ts'
import { DirectUpload } from './upload/direct-upload.ts'
import { PartAssembly } from './upload/part-assembly.ts'
import { UploadCleanup } from './upload/upload-cleanup.ts'
import { UploadCompletion } from './upload/upload-completion.ts'
import { UploadStart } from './upload/upload-start.ts'
import { openUploads } from './upload/upload-store.ts'

/** Uploads take a fifth of the time of what carries them, and leave the rest to messages. */
const TRANSFER_REST = 4

export type Options = {
  config: Pick<Config, 's3' | 'fileTypes' | 'limits'>
  mongoUrl: string
  database?: string
  s3Url: string
  logger: Logger
  metrics: Metrics
  openBus: () => Promise<Bus>
}

/** Files: how they come, where they lie, and who may have them. */
export const start = (options: Options) =>
  openAll(async (scope) => {
    const { logger, config } = options
    const { limits } = config
    const mongo = await scope.use(
      'mongo',
      openMongo(options.mongoUrl, options.database ?? 'chat_files'),
      (m) => m.close(),
    )
    const bucket = await scope.use('s3', openBucket({ ...config.s3, url: options.s3Url }), (b) => b.close())
    const bus = await scope.use('nats', options.openBus(), (b) => b.close())
    const pacing = new DutyCycle(TRANSFER_REST)
    const uploads = await openUploads(mongo)
    const chunks = await openChunks(mongo, bucket, pacing)
    const objects = await openObjects(mongo)
    const store = await openReferences(mongo)
    await ensureStream(bus)

    const references = new References(store, objects)
    const consumer = consumeEvents({
      ...{ bus, logger, durable: 'files', kinds: ['message', 'change'] },
      // Whoever hears of a share asks for its file at once; and most messages refer to none, which costs nothing.
      paceMs: 20,
      handle: (events) => references.take(events),
    })
    const { lagMs } = await scope.use('references', consumer, (c) => c.close())
    const objectSweep = await scope.use(
      'sweeping',
      new ObjectSweep({ objects, references, bucket, lagMs, logger }),
      (s) => s.close(),
    )

    const thumbnails = await scope.use('picturing', new Thumbnails(), (p) => p.close())
    const videoProbe = new VideoProbe(await findTools(), thumbnails)
    const previews = new Previews({ bucket, thumbnails, videoProbe, logger })
    const uploadCleanup = await scope.use(
      'clearing',
      new UploadCleanup({ uploads, chunks, bucket, logger }),
      (c) => c.close(),
    )
    const admission = new Admission(config.fileTypes)
    const uploadStart = new UploadStart({ uploads, uploadCleanup, bus, limits })
    const partAssembly = new PartAssembly({ uploads, chunks, bucket, pacing })
    const uploadCompletion = new UploadCompletion({
      ...{ uploads, objects, references, bucket, bus },
      ...{ admission, previews, uploadCleanup },
    })
    const answers = handlers({
      chunked: new ChunkedUpload({
        uploads,
        chunks,
        admission,
        uploadStart,
        partAssembly,
        uploadCompletion,
        uploadCleanup,
        limits,
      }),
      fileErasure: new FileErasure({
        uploads,
        uploadCleanup,
        objects,
        store,
        references,
        objectSweep,
        lagMs,
      }),
      direct: new DirectUpload({ uploads, uploadStart, uploadCompletion, bucket, limits }),
      links: new DownloadLinks({ store, objects, bucket, bus, seconds: limits.downloadLinkSeconds }),
    })
    await scope.use('requests', bus.serve('files', answers), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo), s3: () => bucket.ping() } }
  })
