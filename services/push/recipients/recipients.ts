import type { Input, Output } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Task } from '../delivery/notice.ts'

type Audience = Output<'listAudiences'>['rooms'][number]
export type AudiencePart = { audience: Audience; tasks: Task[] }

/** The members whom messages may reach, as rooms knows them at this moment: a bounded number of them per page. */
export async function* audiencePages(bus: Bus, tasks: Task[]): AsyncGenerator<AudiencePart[]> {
  const byRoom = Map.groupBy(tasks, ({ notice }) => notice.roomId)
  const rooms = [...byRoom].map(([roomId, own]) => ({
    roomId,
    since: Math.min(...own.map(({ notice }) => notice.seq)),
    authorIds: [...new Set(own.map(({ notice }) => notice.authorId))],
    mentioned: [...new Set(own.flatMap(({ notice }) => notice.mentions))],
  }))
  let from: Input<'listAudiences'>['from']
  do {
    const caller = { userId: '', requestId: crypto.randomUUID() }
    const page = await bus.ask('listAudiences', caller, { rooms, ...(from && { from }) })
    yield page.rooms.map((audience) => ({ audience, tasks: byRoom.get(audience.roomId) ?? [] }))
    from = page.next ?? undefined
  } while (from)
}

/**
 * The members who get a push as far as their room decides it: `alarmed` have their alarm on; `mentioned` have it off, and
 * their own preference decides. Never the author, nor members who block the author, joined later or have read the
 * message; nobody where the message is gone.
 */
export function candidatesOf({ notice, only }: Task, audience: Audience) {
  const { authorId, seq, mentions } = notice
  if (audience.gone.includes(seq)) return { alarmed: [], mentioned: [] }
  const excluded = new Set([authorId])
  for (const { userId, blockedId } of audience.blocks) if (blockedId === authorId) excluded.add(userId)
  const included = only && new Set(only)
  const members = audience.members.filter(
    ({ userId, joinSeq, readSeq }) =>
      !excluded.has(userId) && joinSeq < seq && readSeq < seq && (included?.has(userId) ?? true),
  )
  const named = new Set(mentions)
  return {
    alarmed: members.flatMap(({ userId, alarmOn }) => (alarmOn ? userId : [])),
    mentioned: members.flatMap(({ userId, alarmOn }) => (!alarmOn && named.has(userId) ? userId : [])),
  }
}
