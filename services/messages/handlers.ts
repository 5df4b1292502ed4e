import type { Handlers } from '@chat/contract'
import type { Changing } from './changing.ts'
import type { Looking } from './looking.ts'
import type { Outbox } from './outbox.ts'
import type { Paging } from './paging.ts'
import { type PlatformParts, platformHandlers } from './platform-handlers.ts'
import type { Posting } from './posting.ts'
import type { Reporting } from './reporting.ts'
import type { Screening } from './screening.ts'
import type { Searching } from './searching.ts'
import type { Sending } from './sending.ts'
import type { Sharing } from './sharing.ts'
import type { Store } from './store.ts'
import { survey } from './surveying.ts'
import type { Syncing } from './syncing.ts'

export type Parts = PlatformParts & {
  store: Store
  outbox: Outbox
  sending: Sending
  screening: Screening
  posting: Posting
  sharing: Sharing
  changing: Changing
  paging: Paging
  syncing: Syncing
  looking: Looking
  reporting: Reporting
  searching: Searching
}

export const handlers = (parts: Parts): Handlers<'messages'> => ({
  sendMessage: async (caller, input) => ({
    result: true,
    message: await parts.sending.send(caller, input),
  }),
  listenMessagesByRoom: (caller, input) => parts.paging.page(caller, input),
  syncMessages: (caller, input) => parts.syncing.sync(caller, input),
  deleteMessage: async (caller, input) => {
    await parts.changing.delete(caller, input)
    return { result: true }
  },
  hideMessage: async (caller, input) => {
    await parts.changing.hide(caller, input)
    return { result: true }
  },
  editMessage: async (caller, input) => ({ message: await parts.changing.edit(caller, input) }),
  shareMessage: async (caller, input) => ({ messages: await parts.sharing.share(caller, input) }),
  reportMessage: async (caller, input) => {
    await parts.reporting.report(caller, input)
    return { result: true }
  },
  messageReaders: (caller, input) => parts.looking.readers(caller, input),
  searchMessages: (caller, input) => parts.searching.search(caller, input),
  listGallery: (caller, input) => parts.searching.gallery(caller, input),
  exportMessages: (caller, input) => parts.exporting.start(caller, input),
  getOwnExport: (caller, { exportId }) => parts.exporting.getOwn(caller, exportId),
  listOwnExports: (caller, page) => parts.exporting.listOwn(caller, page),
  screenText: async (_caller, { roomId, text }) => ({ text: (await parts.screening.in(roomId))(text) }),
  lastMessageOf: (_caller, roomId) => parts.outbox.reconcileAll(roomId),
  postFirstMessage: async (caller, input) => ({ message: await parts.posting.first(caller, input) }),
  postMessage: async (caller, input) => ({ message: await parts.posting.post(caller, input) }),
  mayPost: async (caller, roomId) => {
    await parts.sending.requireMayPost(caller, roomId)
    return { result: true }
  },
  postFile: async (caller, input) => ({ message: await parts.sending.sendFile(caller, input) }),
  messageBySyncKey: async (caller, input) => ({ message: await parts.sending.stored(caller, input) }),
  replayMessages: (caller, input) => parts.syncing.replay(caller, input),
  quoteMessage: (_caller, input) => parts.looking.quote(input),
  ...platformHandlers(parts),
  messagesNow: (_caller, { messageIds }) => parts.looking.now(messageIds),
  surveyMessages: (_caller, input) => survey(parts.store, input),
})
