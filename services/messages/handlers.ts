import type { Handlers } from '@chat/contract'
import type { Parts } from './parts.ts'
import { platformHandlers } from './platform-handlers.ts'
import { messageReaders, messagesNow, quoteMessage } from './read/message-lookup.ts'
import { listenMessagesByRoom } from './read/message-pages.ts'
import { replayMessages, syncMessages } from './read/message-sync.ts'
import { surveyMessages } from './read/recount-page.ts'
import { reportMessage } from './reports/reports.ts'
import { listGallery, searchMessages } from './search/message-search.ts'
import { mayPost, messageBySyncKey, postFile, sendMessage } from './send/message-sender.ts'
import { postFirstMessage, postMessage } from './send/platform-sender.ts'
import { shareMessage } from './send/share.ts'

export const handlers = (parts: Parts): Handlers<'messages'> => ({
  ...platformHandlers(parts),
  sendMessage: (caller, input) => sendMessage(parts, caller, input),
  listenMessagesByRoom: (caller, input) => listenMessagesByRoom(parts, caller, input),
  syncMessages: (caller, input) => syncMessages(parts, caller, input),
  deleteMessage: (caller, input) => parts.messageChanges.delete(caller, input),
  hideMessage: (caller, input) => parts.messageChanges.hide(caller, input),
  editMessage: async (caller, input) => ({ message: await parts.messageChanges.edit(caller, input) }),
  shareMessage: (caller, input) => shareMessage(parts, caller, input),
  reportMessage: (caller, input) => reportMessage(parts, caller, input),
  messageReaders: (caller, input) => messageReaders(parts, caller, input),
  searchMessages: (caller, input) => searchMessages(parts, caller, input),
  listGallery: (caller, input) => listGallery(parts, caller, input),
  exportMessages: (caller, input) => parts.exports.start(caller, input),
  getOwnExport: (caller, { exportId }) => parts.exports.getOwn(caller, exportId),
  listOwnExports: (caller, page) => parts.exports.listOwn(caller, page),
  screenText: async (_caller, { roomId, text }) => {
    const screen = await parts.wordFilter.screenFor(roomId)
    return { text: screen(text) }
  },
  lastMessageOf: (_caller, roomId) => parts.outbox.reconcileAll(roomId),
  postFirstMessage: (caller, input) => postFirstMessage(parts, caller, input),
  postMessage: (caller, input) => postMessage(parts, caller, input),
  mayPost: (caller, roomId) => mayPost(parts, caller, roomId),
  postFile: (caller, input) => postFile(parts, caller, input),
  messageBySyncKey: (caller, input) => messageBySyncKey(parts, caller, input),
  replayMessages: (caller, input) => replayMessages(parts, caller, input),
  quoteMessage: (caller, input) => quoteMessage(parts, caller, input),
  messagesNow: (caller, input) => messagesNow(parts, caller, input),
  surveyMessages: (caller, input) => surveyMessages(parts, caller, input),
})
