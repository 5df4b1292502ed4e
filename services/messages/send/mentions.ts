import type { Caller, Input } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Access } from './access-cache.ts'
import type { MessageDoc } from './message-store.ts'

/** Also as Korean and Japanese keyboards write it in full width. */
const AT_SIGN = /[@＠]/

type Said = Pick<Input<'resolveMentions'>, 'roomId' | 'authorId' | 'text'> & {
  mentions?: string[] | undefined
  onlyMasters?: boolean
}

/** Whom messages mention. Rooms knows people's names; a text that can mention nobody costs no question. */
export class Mentions {
  private readonly bus: Bus
  constructor(bus: Bus) {
    this.bus = bus
  }

  async of(caller: Caller, { mentions = [], onlyMasters = false, ...said }: Said): Promise<string[]> {
    if (mentions.length === 0 && !AT_SIGN.test(said.text)) return []
    const asked = { ...said, mentions, onlyMasters }
    return (await this.bus.ask('resolveMentions', caller, asked)).userIds
  }

  /** Whom the message mentions when it says something else. */
  async again(caller: Caller, access: Access, doc: MessageDoc, text: string): Promise<string[]> {
    const { roomId, author, mentions = [] } = doc
    if (mentions.length === 0 && !AT_SIGN.test(text)) return []
    const said = { roomId, authorId: author.authorId, mentions, text, before: doc.data.content.text ?? '' }
    const asked = { ...said, onlyMasters: seesOnlyMasters(access) }
    return (await this.bus.ask('resolveMentions', caller, asked)).userIds
  }
}

/** A member may not find out by mentioning people who else is in the room. */
export const seesOnlyMasters = ({ rules, master }: Access) => !rules.canShowMemberList && !master
