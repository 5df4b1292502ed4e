import type { Output } from '@chat/contract'
import type { Task } from '../delivery/notice.ts'

export type Audience = Output<'listAudiences'>['rooms'][number]
/** Who is to be told of a message, as far as their room decides it. */
export type Candidates = {
  /** Their alarm is on. */
  alarmed: string[]
  /** It is off, and they are mentioned: their own setting decides. */
  mentioned: string[]
}

/** Not the author, not who blocks them, not who came after the message or has read it, nobody where it is gone. */
export function candidatesOf({ notice, only }: Task, audience: Audience): Candidates {
  const { authorId, seq } = notice
  if (audience.gone.includes(seq)) return { alarmed: [], mentioned: [] }
  const excluded = new Set(
    audience.blocks.flatMap(({ userId, blockedId }) => (blockedId === authorId ? userId : [])),
  )
  excluded.add(authorId)
  const included = only && new Set(only)
  const people = audience.members.filter(
    ({ userId, joinSeq, readSeq }) =>
      !excluded.has(userId) && joinSeq < seq && readSeq < seq && (included?.has(userId) ?? true),
  )
  const named = new Set(notice.mentions)
  const ids = (wanted: typeof people) => wanted.map(({ userId }) => userId)
  return {
    alarmed: ids(people.filter(({ alarmOn }) => alarmOn)),
    mentioned: ids(people.filter(({ userId, alarmOn }) => !alarmOn && named.has(userId))),
  }
}
