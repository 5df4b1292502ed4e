import type { Caller } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { UserTraces } from './user-traces.ts'

const BATCH = 16

/**
 * The rooms in which a user has written, a page at a time. No index leads from a user to their messages, since every
 * insert would pay for it. So this looks into each room, which is rare and costs one index lookup.
 * @returns of the next rooms those in which they have written; `last`: go on after this room, null at the end
 */
export async function roomsOfAuthor(
  { traces, bus }: { traces: UserTraces; bus: Bus },
  caller: Caller,
  userId: string,
  after: string | undefined,
): Promise<{ roomIds: string[]; last: string | null }> {
  const { roomIds } = await bus.ask('listRoomIds', caller, after === undefined ? {} : { after })
  const found: string[] = []
  for (let start = 0; start < roomIds.length; start += BATCH) {
    const batch = roomIds.slice(start, start + BATCH)
    const hasWritten = await Promise.all(batch.map((roomId) => traces.hasWritten(roomId, userId)))
    found.push(...batch.filter((_, index) => hasWritten[index]))
  }
  return { roomIds: found, last: roomIds.at(-1) ?? null }
}
