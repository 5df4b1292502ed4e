import { Fault } from '@chat/contract'
import { ALL, type Asked, type Command } from './command.ts'
import { table } from './table.ts'

const PROGRESS_EVERY_MS = 2_000

type Corrected = { roomId: string; lastSeq: number; gone: number }

async function* everyRoom({ bus, caller }: Asked): AsyncGenerator<{ roomId: string; total: number }> {
  for (let after: string | undefined; ; ) {
    const { roomIds, total } = await bus.ask('listRoomIds', caller, after === undefined ? {} : { after })
    for (const roomId of roomIds) yield { roomId, total }
    after = roomIds.at(-1)
    if (after === undefined) return
  }
}

/** A room may be deleted meanwhile. */
const isGone = (error: unknown) => error instanceof Fault && error.code === 'ROOM_NO_EXISTS'

async function recountAll(asked: Asked) {
  const { ids, values } = asked
  const chosen = values.all ? everyRoom(asked) : ids.map((roomId) => ({ roomId, total: ids.length }))
  const corrected: Corrected[] = []
  const missing: string[] = []
  let count = 0
  let reportedAt = Date.now()
  for await (const { roomId, total } of chosen) {
    try {
      const { isChanged, ...found } = await asked.bus.ask('recountRoom', asked.caller, roomId)
      if (isChanged) corrected.push({ roomId, ...found })
      count += 1
    } catch (error) {
      if (!isGone(error)) throw error
      if (!values.all) missing.push(roomId)
    }
    if (Date.now() - reportedAt < PROGRESS_EVERY_MS) continue
    reportedAt = Date.now()
    asked.progress(`${count} of about ${total} rooms`)
  }
  return { recounted: count, corrected, missing }
}

export const recount: Command = {
  usage: '<roomId> ... | --all',
  takes: 'some',
  summary: 'Rebuilds unread counts, mentions and last messages from the messages; safe while the stack runs',
  options: { all: ALL },
  run: async (asked) => {
    const found = await recountAll(asked)
    const rows = found.corrected.map(({ roomId, lastSeq, gone }) => [roomId, lastSeq, gone])
    return {
      data: found,
      lines: [
        ...(rows.length > 0 ? [...table(['corrected', 'messages', 'gone'], rows), ''] : []),
        `${found.recounted} recounted, ${rows.length} corrected`,
        ...(found.missing.length > 0 ? [`${found.missing.length} of the named ones not found`] : []),
      ],
      hasFailed: found.missing.length > 0,
    }
  },
}
