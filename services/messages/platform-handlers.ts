import type { Handlers, PlatformOperation } from '@chat/contract'
import type { Parts } from './parts.ts'
import { listErasedMentions } from './privacy/mention-erasure.ts'
import { eraseUserInMessages } from './privacy/message-erasure.ts'
import { exportUserFromMessages } from './privacy/personal-data.ts'
import { purgeRoomMessages } from './privacy/room-deletion.ts'
import {
  getMessage,
  listReports,
  listRoomMessages,
  removeMessage,
  updateMessage,
} from './read/platform-messages.ts'

/** The operations of platforms. */
export function platformHandlers(parts: Parts): Pick<Handlers<'messages'>, PlatformOperation<'messages'>> {
  const { wordListEditor, exports, erasedMentions } = parts
  return {
    listRoomMessages: (caller, input) => listRoomMessages(parts, caller, input),
    getMessage: (caller, place) => getMessage(parts, caller, place),
    updateMessage: (caller, input) => updateMessage(parts, caller, input),
    removeMessage: (caller, place) => removeMessage(parts, caller, place),
    listReports: (caller, input) => listReports(parts, caller, input),
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
    purgeRoomMessages: (caller, input) => purgeRoomMessages(parts, caller, input),
    eraseUserInMessages: (caller, input) => eraseUserInMessages(parts, caller, input),
    listErasedMentions: (caller, input) => listErasedMentions(parts, caller, input),
    forgetErasedMentions: async (_caller, { userId }) => {
      await erasedMentions.forget(userId)
      return { result: true }
    },
    exportUserFromMessages: (caller, input) => exportUserFromMessages(parts, caller, input),
  }
}
