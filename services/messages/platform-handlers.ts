import type { Handlers, PlatformOperation } from '@chat/contract'
import type { Collecting } from './collecting.ts'
import type { Erasing } from './erasing.ts'
import type { Overseeing } from './overseeing.ts'

export type PlatformParts = {
  overseeing: Overseeing
  erasing: Erasing
  collecting: Collecting
  purge: (roomId: string) => Promise<void>
}

/** What platforms ask. */
export const platformHandlers = ({
  overseeing,
  erasing,
  collecting,
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
  purgeRoomMessages: async (_caller, { roomId }) => {
    await purge(roomId)
    return { result: true }
  },
  eraseUserInMessages: (caller, input) => erasing.erase(caller, input),
  exportUserFromMessages: (caller, input) => collecting.page(caller, input),
})
