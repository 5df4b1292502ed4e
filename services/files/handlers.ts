import type { Handlers } from '@chat/contract'
import type { Chunked } from './chunked.ts'
import type { Direct } from './direct.ts'
import type { Disposing } from './disposing.ts'
import type { Links } from './links.ts'

export type Parts = { chunked: Chunked; direct: Direct; links: Links; disposing: Disposing }

export const handlers = ({ chunked, direct, links, disposing }: Parts): Handlers<'files'> => ({
  sendFileMessage: (caller, input) => chunked.take(caller, input),
  createUpload: (caller, input) => direct.create(caller, input),
  completeUpload: async (caller, input) => ({ message: await direct.complete(caller, input) }),
  getFileUrl: (caller, input) => links.inRoom(caller, input),
  openFile: (caller, input) => links.anywhere(caller, input),
  purgeRoomFiles: async (_caller, { roomId }) => {
    await disposing.purgeRoom(roomId)
    return { result: true }
  },
  eraseUserInFiles: (_caller, input) => disposing.eraseUser(input),
  exportUserFromFiles: (_caller, input) => disposing.collect(input),
})
