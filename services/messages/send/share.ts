import { type Caller, Fault, type Input, type Message, type MessageData } from '@chat/contract'
import { findVisible } from '../read/visible-message.ts'
import type { WordFilter } from '../words/word-filter.ts'
import type { Access, AccessCache } from './access-cache.ts'
import type { StoredAnswer } from './answer.ts'
import type { Draft, MessageStore } from './message-store.ts'
import { requireMayShare, requireNotFrozen, requireNotMuted } from './rules.ts'

/** Messages posted again in other rooms. */
export class Share {
  private readonly store: MessageStore
  private readonly access: AccessCache
  private readonly storedAnswer: StoredAnswer
  private readonly wordFilter: WordFilter
  constructor(store: MessageStore, access: AccessCache, storedAnswer: StoredAnswer, wordFilter: WordFilter) {
    this.store = store
    this.access = access
    this.storedAnswer = storedAnswer
    this.wordFilter = wordFilter
  }

  /** All or nothing is checked; a repeat with the same syncKey stores what is missing. @returns a copy per target */
  async share(caller: Caller, input: Input<'shareMessage'>): Promise<Message[]> {
    const targetIds = [...new Set(input.targetRoomIds)]
    return this.access.duringAll(caller, [input.roomId, ...targetIds], async ([source, ...targets]) => {
      const copies = await this.copies(input, source as Access, targets, targetIds).catch((refusal) =>
        this.repeatsOf(caller, input.syncKey, targetIds, refusal),
      )
      return Promise.all(
        copies.map((copy, index) => this.storedAnswer.answer(caller, targets[index] as Access, copy)),
      )
    })
  }

  private async copies(
    { syncKey, ...place }: Input<'shareMessage'>,
    source: Access,
    targets: Access[],
    targetIds: string[],
  ): Promise<Draft[]> {
    targets.forEach(requireNotFrozen)
    requireMayShare(source)
    targets.forEach(requireNotMuted)
    // What is hidden leaves the room through nobody, masters included.
    const { data } = await findVisible(this.store, place, { master: false })
    const said: MessageData = data.type === 'ADMIN' ? { ...data, type: 'TEXT' } : data
    // Each room has words of its own, and lists are longer than when the message was written.
    const screened = await Promise.all(targetIds.map((roomId) => this.wordFilter.screenMessage(roomId, said)))
    return targets.map(({ author, memberCount }, index) => ({
      roomId: targetIds[index] as string,
      syncKey,
      author,
      data: screened[index] as MessageData,
      replyTo: null,
      meta: null,
      audience: memberCount - 1,
      createdAt: new Date(),
    }))
  }

  /** What would be refused now may have been stored before, in all targets. @throws the refusal */
  private async repeatsOf({ userId }: Caller, syncKey: string, targetIds: string[], refusal: unknown) {
    if (!(refusal instanceof Fault)) throw refusal
    const stored = await Promise.all(targetIds.map((roomId) => this.store.bySyncKey(roomId, userId, syncKey)))
    return stored.map((doc) => {
      if (!doc) throw refusal
      return doc
    })
  }
}
