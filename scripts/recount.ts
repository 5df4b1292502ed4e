// npm run recount [-- <roomId> ...]: rebuilds what rooms keep of messages (last message, which are gone) from the
// messages themselves, in every room or in those named. The stack must be running; it may be in use.
import { openRunningBus } from './running-stack.ts'

const PROGRESS_EVERY_MS = 2_000
const print = (line: string) => process.stdout.write(`${line}\n`)
const wanted = process.argv.slice(2)

try {
  const bus = await openRunningBus('recount')
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
  await bus.close()
  print(`recounted ${counts.done} room(s), corrected ${counts.corrected}`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}
