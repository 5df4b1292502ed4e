import type { AskInput, AskOutput, ClientEvent } from '../connection/events.ts'
import type { Cache } from './cache.ts'

export type Ask = <E extends ClientEvent>(event: E, input: AskInput<E>) => Promise<AskOutput<E>>

/** The most that the server gives at once. */
const MAX_PAGE = 100

/** Brings what is held of a room up to date. Answers reach the cache by themselves, before `ask` resolves. */
export async function syncRoom(ask: Ask, cache: Cache, roomId: string): Promise<void> {
  let mark = await cache.mark(roomId)
  const room = await cache.room(roomId)
  if (!mark || (await isUnfilled(cache, roomId))) return refill(ask, cache, roomId)
  // Paging through more than is kept would be for nothing.
  if (room && room.lastSeq - mark.seq > cache.maxMessages) return refill(ask, cache, roomId)
  for (;;) {
    const { seq, change } = mark
    const page: AskOutput<'syncMessages'> = await ask('syncMessages', {
      roomId,
      afterSeq: seq,
      afterChange: change,
    })
    mark = await cache.mark(roomId)
    if (!mark) return
    const isRestored = page.lastChange < change
    if (!page.recovered || isRestored) return refill(ask, cache, roomId)
    if (page.changed.length === 0 && mark.seq >= page.lastSeq) return
    const isStuck = mark.seq === seq && mark.change === change
    if (isStuck) return refill(ask, cache, roomId)
  }
}

/** Whether nothing is held of a room that has messages, as when it was opened and never read. */
export async function isUnfilled(cache: Cache, roomId: string): Promise<boolean> {
  const mark = await cache.mark(roomId)
  return !mark || (mark.seq > 0 && (await cache.messages(roomId)).length === 0)
}

/** The newest page instead of whatever is held. The change number comes first, so that the page cannot be older. */
async function refill(ask: Ask, cache: Cache, roomId: string) {
  const room = await cache.room(roomId)
  const { lastSeq, lastChange } = await ask('syncMessages', {
    roomId,
    afterSeq: room?.lastSeq ?? 0,
    limit: 1,
  })
  const at = cache.tick()
  const count = Math.min(cache.maxMessages, MAX_PAGE)
  const { list } = await ask('listenMessagesByRoom', { roomId, count })
  await cache.replace({ roomId, seq: list.at(-1)?.seq ?? lastSeq, change: lastChange }, list, at)
}
