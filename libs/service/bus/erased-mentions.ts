import type { Caller, Input } from '@chat/contract'
import type { Bus } from './bus.ts'

/** Messages that have mentioned somebody who is being erased, of all rooms or of one, some at a time. */
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
