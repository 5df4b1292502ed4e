import type { Handlers, PlatformOperation } from '@chat/contract'
import { decodeKey, encodeKey } from '@chat/service'
import type { Exports } from './exports/exports.ts'
import type { ErasedMentionStore } from './privacy/erased-mention-store.ts'
import type { MessageErasure } from './privacy/message-erasure.ts'
import type { PersonalData } from './privacy/personal-data.ts'
import type { PlatformMessages } from './read/platform-messages.ts'
import type { WordListEditor } from './words/word-list-editor.ts'

export type PlatformParts = {
  platformMessages: PlatformMessages
  messageErasure: MessageErasure
  mentioned: ErasedMentionStore
  personalData: PersonalData
  exports: Exports
  wordListEditor: WordListEditor
  purge: (roomId: string) => Promise<void>
}

const MENTIONS_PAGE = 500

/** What platforms ask. */
export const platformHandlers = ({
  platformMessages,
  messageErasure,
  mentioned,
  personalData,
  exports,
  wordListEditor,
  purge,
}: PlatformParts): Pick<Handlers<'messages'>, PlatformOperation<'messages'>> => ({
  listRoomMessages: (caller, input) => platformMessages.page(caller, input),
  getMessage: (caller, place) => platformMessages.get(caller, place),
  updateMessage: (caller, input) => platformMessages.update(caller, input),
  removeMessage: async (caller, place) => {
    await platformMessages.remove(caller, place)
    return { result: true }
  },
  listReports: (_caller, input) => platformMessages.reports(input),
  listBannedWords: (caller, input) => wordListEditor.list(caller, input),
  putBannedWords: (caller, input) => wordListEditor.put(caller, input),
  addBannedWords: (caller, input) => wordListEditor.add(caller, input),
  removeBannedWords: (caller, input) => wordListEditor.remove(caller, input),
  listRoomBannedWords: (caller, input) => wordListEditor.list(caller, input),
  putRoomBannedWords: (caller, input) => wordListEditor.put(caller, input),
  addRoomBannedWords: (caller, input) => wordListEditor.add(caller, input),
  removeRoomBannedWords: (caller, input) => wordListEditor.remove(caller, input),
  startExport: (caller, input) => exports.startForPlatform(caller, input),
  getExport: (_caller, { exportId }) => exports.get(exportId),
  listExports: (_caller, page) => exports.list(page),
  purgeRoomMessages: async (_caller, { roomId }) => {
    await purge(roomId)
    return { result: true }
  },
  eraseUserInMessages: (caller, input) => messageErasure.erase(caller, input),
  listErasedMentions: async (_caller, { userId, roomId, cursor }) => {
    const after = cursor === undefined ? '' : decodeKey(cursor)
    const messageIds = await mentioned.page(userId, after, MENTIONS_PAGE, roomId)
    const nextCursor = messageIds.length === MENTIONS_PAGE ? encodeKey(messageIds.at(-1) ?? '') : null
    return { messageIds, nextCursor }
  },
  forgetErasedMentions: async (_caller, { userId }) => {
    await mentioned.forget(userId)
    return { result: true }
  },
  exportUserFromMessages: (caller, input) => personalData.page(caller, input),
})
