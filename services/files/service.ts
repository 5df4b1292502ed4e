import {
  type Bus,
  type Config,
  consumeEvents,
  ensureStream,
  type Logger,
  type Metrics,
  openAll,
  openBucket,
  openMongo,
  Pacing,
  pingMongo,
} from '@chat/service'
import { Admitting } from './admitting.ts'
import { openChunks } from './chunk-store.ts'
import { Chunked } from './chunked.ts'
import { Clearing } from './clearing.ts'
import { Direct } from './direct.ts'
import { Disposing } from './disposing.ts'
import { Filming, findTools } from './filming.ts'
import { Finishing } from './finishing.ts'
import { Gathering } from './gathering.ts'
import { handlers } from './handlers.ts'
import { Links } from './links.ts'
import { openObjects } from './object-store.ts'
import { Opening } from './opening.ts'
import { Picturing } from './picturing.ts'
import { Previewing } from './previewing.ts'
import { openReferences } from './reference-store.ts'
import { References } from './references.ts'
import { Sweeping } from './sweeping.ts'
import { openUploads } from './upload-store.ts'

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
    const pacing = new Pacing(TRANSFER_REST)
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
    const sweeping = await scope.use(
      'sweeping',
      new Sweeping({ objects, references, bucket, lagMs, logger }),
      (s) => s.close(),
    )

    const picturing = await scope.use('picturing', new Picturing(), (p) => p.close())
    const filming = new Filming(await findTools(), picturing)
    const previewing = new Previewing({ bucket, picturing, filming, logger })
    const clearing = await scope.use('clearing', new Clearing({ uploads, chunks, bucket, logger }), (c) =>
      c.close(),
    )
    const admitting = new Admitting(config.fileTypes)
    const opening = new Opening({ uploads, clearing, bus, limits })
    const gathering = new Gathering({ uploads, chunks, bucket, pacing })
    const finishing = new Finishing({
      ...{ uploads, objects, references, bucket, bus },
      ...{ admitting, previewing, clearing },
    })
    const answers = handlers({
      chunked: new Chunked({ uploads, chunks, admitting, opening, gathering, finishing, clearing, limits }),
      disposing: new Disposing({ uploads, clearing, objects, store, references, sweeping, lagMs }),
      direct: new Direct({ uploads, opening, finishing, bucket, limits }),
      links: new Links({ store, objects, bucket, bus, seconds: limits.downloadLinkSeconds }),
    })
    await scope.use('requests', bus.serve('files', answers), (serving) => serving.close())
    await bus.flush()
    return { ready: { nats: () => bus.ping(), mongo: () => pingMongo(mongo), s3: () => bucket.ping() } }
  })
