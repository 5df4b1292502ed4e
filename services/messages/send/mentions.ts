import type { Caller, Input } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Access } from './access-cache.ts'

/** Korean and Japanese keyboards also write it in full width. */
const AT_SIGN = /[@＠]/

type Question = Pick<Input<'resolveMentions'>, 'roomId' | 'authorId' | 'text' | 'before'> & {
  /** The users whom the client names. */
  mentions?: string[] | undefined
  onlyMasters?: boolean
}

/** Whom a message mentions. Rooms knows people's names; a text that can mention nobody costs no request. */
export async function resolveMentions(bus: Bus, caller: Caller, question: Question): Promise<string[]> {
  const { mentions = [], onlyMasters = false, ...rest } = question
  if (mentions.length === 0 && !AT_SIGN.test(rest.text)) return []
  return (await bus.ask('resolveMentions', caller, { ...rest, mentions, onlyMasters })).userIds
}

/** Where the list of members is hidden, a member must not learn from mentions who is in the room. */
export const seesOnlyMasters = ({ rules, master }: Access) => !rules.canShowMemberList && !master
