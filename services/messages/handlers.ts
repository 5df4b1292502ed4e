import type { Handlers } from '@chat/contract'
import type { MessageChanges } from './changes/message-changes.ts'
import { type PlatformParts, platformHandlers } from './platform-handlers.ts'
import type { MessageLookup } from './read/message-lookup.ts'
import type { MessagePages } from './read/message-pages.ts'
import type { MessageSync } from './read/message-sync.ts'
import { survey } from './read/recount-page.ts'
import type { Reports } from './reports/reports.ts'
import type { MessageSearch } from './search/message-search.ts'
import type { MessageSender } from './send/message-sender.ts'
import type { MessageStore } from './send/message-store.ts'
import type { Outbox } from './send/outbox.ts'
import type { PlatformSender } from './send/platform-sender.ts'
import type { Share } from './send/share.ts'
import type { WordFilter } from './words/word-filter.ts'

export type Parts = PlatformParts & {
  store: MessageStore
  outbox: Outbox
  messageSender: MessageSender
  wordFilter: WordFilter
  platformSender: PlatformSender
  sharing: Share
  messageChanges: MessageChanges
  messagePages: MessagePages
  messageSync: MessageSync
  messageLookup: MessageLookup
  reports: Reports
  messageSearch: MessageSearch
}

export const handlers = (parts: Parts): Handlers<'messages'> => ({
  sendMessage: async (caller, input) => ({
    result: true,
    message: await parts.messageSender.send(caller, input),
  }),
  listenMessagesByRoom: (caller, input) => parts.messagePages.page(caller, input),
  syncMessages: (caller, input) => parts.messageSync.sync(caller, input),
  deleteMessage: async (caller, input) => {
    await parts.messageChanges.delete(caller, input)
    return { result: true }
  },
  hideMessage: async (caller, input) => {
    await parts.messageChanges.hide(caller, input)
    return { result: true }
  },
  editMessage: async (caller, input) => ({ message: await parts.messageChanges.edit(caller, input) }),
  shareMessage: async (caller, input) => ({ messages: await parts.sharing.share(caller, input) }),
  reportMessage: async (caller, input) => {
    await parts.reports.report(caller, input)
    return { result: true }
  },
  messageReaders: (caller, input) => parts.messageLookup.readers(caller, input),
  searchMessages: (caller, input) => parts.messageSearch.search(caller, input),
  listGallery: (caller, input) => parts.messageSearch.gallery(caller, input),
  exportMessages: (caller, input) => parts.exports.start(caller, input),
  getOwnExport: (caller, { exportId }) => parts.exports.getOwn(caller, exportId),
  listOwnExports: (caller, page) => parts.exports.listOwn(caller, page),
  screenText: async (_caller, { roomId, text }) => ({
    text: (await parts.wordFilter.screenFor(roomId))(text),
  }),
  lastMessageOf: (_caller, roomId) => parts.outbox.reconcileAll(roomId),
  postFirstMessage: async (caller, input) => ({ message: await parts.platformSender.first(caller, input) }),
  postMessage: async (caller, input) => ({ message: await parts.platformSender.post(caller, input) }),
  mayPost: async (caller, roomId) => {
    await parts.messageSender.requireMayPost(caller, roomId)
    return { result: true }
  },
  postFile: async (caller, input) => ({ message: await parts.messageSender.sendFile(caller, input) }),
  messageBySyncKey: async (caller, input) => ({ message: await parts.messageSender.stored(caller, input) }),
  replayMessages: (caller, input) => parts.messageSync.replay(caller, input),
  quoteMessage: (_caller, input) => parts.messageLookup.quote(input),
  ...platformHandlers(parts),
  messagesNow: (_caller, { messageIds }) => parts.messageLookup.now(messageIds),
  surveyMessages: (_caller, input) => survey(parts.store, input),
})
