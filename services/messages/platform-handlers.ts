import type { Handlers, PlatformOperation } from '@chat/contract'
import { decodeKey, encodeKey } from '@chat/service'
import type { Collecting } from './collecting.ts'
import type { ErasedMentions } from './erased-mentions.ts'
import type { Erasing } from './erasing.ts'
import type { Exporting } from './exporting.ts'
import type { Overseeing } from './overseeing.ts'
import type { WordKeeping } from './word-keeping.ts'

export type PlatformParts = {
  overseeing: Overseeing
  erasing: Erasing
  mentioned: ErasedMentions
  collecting: Collecting
  exporting: Exporting
  wordKeeping: WordKeeping
  purge: (roomId: string) => Promise<void>
}

const MENTIONS_PAGE = 500

/** What platforms ask. */
export const platformHandlers = ({
  overseeing,
  erasing,
  mentioned,
  collecting,
  exporting,
  wordKeeping,
  purge,
}: PlatformParts): Pick<Handlers<'messages'>, PlatformOperation<'messages'>> => ({
  listRoomMessages: (caller, input) => overseeing.page(caller, input),
  getMessage: (caller, place) => overseeing.get(caller, place),
  updateMessage: (caller, input) => overseeing.update(caller, input),
  removeMessage: async (caller, place) => {
    await overseeing.remove(caller, place)
    return { result: true }
  },
  listReports: (_caller, input) => overseeing.reports(input),
  listBannedWords: (caller, input) => wordKeeping.list(caller, input),
  putBannedWords: (caller, input) => wordKeeping.put(caller, input),
  addBannedWords: (caller, input) => wordKeeping.add(caller, input),
  removeBannedWords: (caller, input) => wordKeeping.remove(caller, input),
  listRoomBannedWords: (caller, input) => wordKeeping.list(caller, input),
  putRoomBannedWords: (caller, input) => wordKeeping.put(caller, input),
  addRoomBannedWords: (caller, input) => wordKeeping.add(caller, input),
  removeRoomBannedWords: (caller, input) => wordKeeping.remove(caller, input),
  startExport: (caller, input) => exporting.startForPlatform(caller, input),
  getExport: (_caller, { exportId }) => exporting.get(exportId),
  listExports: (_caller, page) => exporting.list(page),
  purgeRoomMessages: async (_caller, { roomId }) => {
    await purge(roomId)
    return { result: true }
  },
  eraseUserInMessages: (caller, input) => erasing.erase(caller, input),
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
  exportUserFromMessages: (caller, input) => collecting.page(caller, input),
})
