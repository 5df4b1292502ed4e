import type { Input, MessageData } from '@chat/contract'
import type { Operation, Parts } from '../parts.ts'
import { findVisible } from '../read/visible-message.ts'
import { screenMessage } from '../words/word-filter.ts'
import type { Access } from './access-cache.ts'
import type { Draft } from './message-doc.ts'
import { draftOf } from './message-sender.ts'
import { requireMayShare, requireNotFrozen, requireNotMuted } from './rules.ts'

/**
 * Posts a message again in other rooms. It is checked for all rooms before anything is stored; a repeat with the same
 * syncKey stores what is missing.
 * @returns the copy in each target
 */
export const shareMessage: Operation<'shareMessage'> = async (parts, caller, input) => {
  const { access, groupCommit, presenter } = parts
  const targetIds = [...new Set(input.targetRoomIds)]
  using passes = await access.enterAll(caller, [input.roomId, ...targetIds])
  const [source, ...targets] = passes.accesses as [Access, ...Access[]]
  const composing = compose(parts, input, source, targets, targetIds)
  // Of all rooms or of none: each commit waits until every draft is there.
  const copies = await Promise.all(
    targetIds.map((roomId, index) =>
      groupCommit.commitOrRepeat({ roomId, syncKey: input.syncKey }, caller.userId, async () => {
        const drafts = await composing
        return drafts[index] as Draft
      }),
    ),
  )
  const answers = copies.map((copy, index) => presenter.committed(caller, copy, targets[index] as Access))
  return { messages: await Promise.all(answers) }
}

async function compose(
  parts: Parts,
  { syncKey, ...place }: Input<'shareMessage'>,
  source: Access,
  targets: Access[],
  targetIds: string[],
): Promise<Draft[]> {
  targets.forEach(requireNotFrozen)
  requireMayShare(source)
  targets.forEach(requireNotMuted)
  // Nobody shares a hidden message, masters included.
  const { data } = await findVisible(parts.store, place, { master: false })
  const copied: MessageData = data.type === 'ADMIN' ? { ...data, type: 'TEXT' } : data
  // Each room has banned words of its own, and lists have grown since the message was written.
  const screened = await Promise.all(targetIds.map((roomId) => screenMessage(parts, roomId, copied)))
  return targetIds.map((roomId, index) =>
    draftOf({ roomId, syncKey }, targets[index] as Access, screened[index] as MessageData),
  )
}
