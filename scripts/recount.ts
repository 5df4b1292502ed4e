// npm run recount [-- <roomId> ...]: rebuilds what rooms keep of messages (last message, which are gone) from the
// messages themselves, in every room or in those named. The stack must be running; it may be in use.
import { readRecord, recordFile } from '@chat/engines'
import { createLogger, Metrics, openAll, openBus, readConfig } from '@chat/service'

const PROGRESS_EVERY_MS = 2_000
const print = (line: string) => process.stdout.write(`${line}\n`)
const config = readConfig(process.env, true)
const wanted = process.argv.slice(2)

/** The configured server, or the local one of a stack that runs from the data folder. */
function natsUrl(): string {
  const port = readRecord(recordFile(config.dataDir, 'nats'))?.port
  const url = config.natsUrl ?? (port === undefined ? null : `nats://127.0.0.1:${port}`)
  if (url === null) throw new Error('There is no stack here: start it with npm start, or set CHAT_NATS_URL')
  return url
}

const open = () =>
  openAll(async (scope) => {
    const bus = await scope.use(
      'nats',
      openBus({
        natsUrl: natsUrl(),
        name: 'recount',
        logger: createLogger(config.logLevel),
        metrics: new Metrics(),
        requestTimeoutMs: config.limits.requestTimeoutMs,
      }),
      (b) => b.close(),
    )
    return { bus }
  })

try {
  const { bus, close } = await open()
  const caller = { userId: '', requestId: crypto.randomUUID() }
  const counts = { done: 0, corrected: 0 }
  let toldAt = Date.now()
  const recount = async (roomId: string, total: number) => {
    const { lastSeq, gone, isChanged } = await bus.ask('recountRoom', caller, roomId)
    counts.done += 1
    if (isChanged) {
      counts.corrected += 1
      print(`${roomId}: corrected; last message ${lastSeq}, ${gone} gone`)
    }
    if (Date.now() - toldAt < PROGRESS_EVERY_MS) return
    toldAt = Date.now()
    print(`${counts.done} of about ${total} rooms`)
  }
  for (const roomId of wanted) await recount(roomId, wanted.length)
  for (let after: string | undefined; wanted.length === 0; ) {
    const { roomIds, total } = await bus.ask('listRoomIds', caller, after === undefined ? {} : { after })
    for (const roomId of roomIds) await recount(roomId, total)
    if (roomIds.length === 0) break
    after = roomIds.at(-1)
  }
  await close()
  print(`recounted ${counts.done} room(s), corrected ${counts.corrected}`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}
