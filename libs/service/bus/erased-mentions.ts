import type { Caller, Input } from '@chat/contract'
import type { Bus } from './bus.ts'

/** Pages of ids of the messages that mentioned a user who is being erased, in one room or in all. */
export async function* erasedMentions(
  bus: Bus,
  caller: Caller,
  about: Omit<Input<'listErasedMentions'>, 'cursor'>,
): AsyncGenerator<string[]> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const wanted: Input<'listErasedMentions'> = { ...about, ...(cursor !== undefined && { cursor }) }
    const { messageIds, nextCursor } = await bus.ask('listErasedMentions', caller, wanted)
    if (messageIds.length > 0) yield messageIds
    cursor = nextCursor
  }
}
