import type { Handlers } from '@chat/contract'
import { handlersOf } from '@chat/service'
import * as changes from './changes/message-changes.ts'
import * as exports from './exports/exports.ts'
import type { Operation, Parts } from './parts.ts'
import * as mentionErasure from './privacy/mention-erasure.ts'
import * as messageErasure from './privacy/message-erasure.ts'
import * as personalData from './privacy/personal-data.ts'
import * as lookup from './read/message-lookup.ts'
import * as pages from './read/message-pages.ts'
import * as sync from './read/message-sync.ts'
import * as reports from './reports/reports.ts'
import * as search from './search/message-search.ts'
import * as sender from './send/message-sender.ts'
import * as platformSender from './send/platform-sender.ts'
import * as share from './send/share.ts'
import * as wordLists from './words/word-lists.ts'

const lastMessageOf: Operation<'lastMessageOf'> = async ({ store, changes, outbox }, _caller, roomId) => {
  const [lastSeq, lastChange, epoch] = await Promise.all([
    store.lastSeq(roomId),
    changes.last(roomId),
    outbox.epoch(),
  ])
  return { lastSeq, lastChange, epoch }
}

/** One function for each operation of the messages service, under its name: a missing one does not compile. */
export const handlers = (parts: Parts): Handlers<'messages'> =>
  handlersOf('messages', parts, {
    ...changes,
    ...exports,
    ...mentionErasure,
    ...messageErasure,
    ...personalData,
    ...lookup,
    ...pages,
    ...sync,
    ...reports,
    ...search,
    ...sender,
    ...platformSender,
    ...share,
    ...wordLists,
    lastMessageOf,
  })
