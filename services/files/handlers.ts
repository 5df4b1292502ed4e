import type { Handlers } from '@chat/contract'
import type { DownloadLinks } from './download/download-links.ts'
import type { FileErasure } from './storage/file-erasure.ts'
import type { ChunkedUpload } from './upload/chunked-upload.ts'
import type { DirectUpload } from './upload/direct-upload.ts'

export type Parts = {
  chunked: ChunkedUpload
  direct: DirectUpload
  links: DownloadLinks
  fileErasure: FileErasure
}

export const handlers = ({ chunked, direct, links, fileErasure }: Parts): Handlers<'files'> => ({
  sendFileMessage: (caller, input) => chunked.take(caller, input),
  createUpload: (caller, input) => direct.create(caller, input),
  completeUpload: async (caller, input) => ({ message: await direct.complete(caller, input) }),
  getFileUrl: (caller, input) => links.inRoom(caller, input),
  openFile: (caller, input) => links.anywhere(caller, input),
  purgeRoomFiles: async (_caller, { roomId }) => {
    await fileErasure.purgeRoom(roomId)
    return { result: true }
  },
  eraseUserInFiles: (_caller, input) => fileErasure.eraseUser(input),
  exportUserFromFiles: (_caller, input) => fileErasure.collect(input),
})
