import { isOtherEpoch } from '../connection/data-epoch.ts'
import type { AskInput, AskOutput, ClientEvent } from '../connection/requests.ts'
import type { Cache } from './cache.ts'

export type Ask = <E extends ClientEvent>(event: E, input: AskInput<E>) => Promise<AskOutput<E>>

const MAX_PAGE = 100

/** Brings a room's cached messages up to date. Answers reach the cache before `ask` resolves. */
export async function syncRoom(ask: Ask, cache: Cache, roomId: string): Promise<void> {
  let mark = await cache.mark(roomId)
  const room = await cache.room(roomId)
  if (!mark || (await isUnfilled(cache, roomId))) return refill(ask, cache, roomId)
  const isTooFarBehind = room && room.lastSeq - mark.seq > cache.maxMessages
  if (isTooFarBehind) return refill(ask, cache, roomId)
  for (;;) {
    const { seq, change, epoch } = mark
    const input = { roomId, afterSeq: seq, afterChange: change, ...(epoch && { epoch }) }
    const page: AskOutput<'syncMessages'> = await ask('syncMessages', input)
    mark = await cache.mark(roomId)
    const isRestored = isOtherEpoch(epoch, page.epoch) || page.lastChange < change
    if (!mark && !isRestored) return
    if (!mark || !page.recovered || isRestored) return refill(ask, cache, roomId)
    if (page.changed.length === 0 && mark.seq >= page.lastSeq) return
    const isStuck = mark.seq === seq && mark.change === change
    if (isStuck) return refill(ask, cache, roomId)
  }
}

/** Whether the room has messages but none is cached, as when it was opened and never read. */
export async function isUnfilled(cache: Cache, roomId: string): Promise<boolean> {
  const mark = await cache.mark(roomId)
  return !mark || (mark.seq > 0 && (await cache.messages(roomId)).length === 0)
}

/** Replaces what is cached by the newest page. The change number is asked for first: the page cannot be older. */
async function refill(ask: Ask, cache: Cache, roomId: string) {
  const room = await cache.room(roomId)
  const input = { roomId, afterSeq: room?.lastSeq ?? 0, limit: 1 }
  const { lastSeq, lastChange, epoch } = await ask('syncMessages', input)
  const at = cache.tick()
  const count = Math.min(cache.maxMessages, MAX_PAGE)
  const { list } = await ask('listenMessagesByRoom', { roomId, count })
  const seq = list.at(-1)?.seq ?? lastSeq
  await cache.replace({ roomId, seq, change: lastChange, epoch }, list, at)
}
