import type { Handlers } from '@chat/contract'
import type { DownloadLinks } from './download/download-links.ts'
import { type ErasureParts, eraseUser, exportUser, purgeRoom } from './storage/file-erasure.ts'
import { takeChunk } from './upload/chunked-upload.ts'
import { completeDirectUpload, createUpload } from './upload/direct-upload.ts'
import type { UploadParts } from './upload/parts.ts'

type Parts = UploadParts & ErasureParts & { links: DownloadLinks }

export const handlers = (parts: Parts): Handlers<'files'> => ({
  sendFileMessage: (caller, input) => takeChunk(parts, caller, input),
  createUpload: (caller, input) => createUpload(parts, caller, input),
  completeUpload: async (caller, input) => ({ message: await completeDirectUpload(parts, caller, input) }),
  getFileUrl: (caller, input) => parts.links.inRoom(caller, input),
  openFile: (caller, input) => parts.links.inAnyRoom(caller, input),
  purgeRoomFiles: (_caller, { roomId }) => purgeRoom(parts, roomId),
  eraseUserInFiles: (_caller, input) => eraseUser(parts, input),
  exportUserFromFiles: (_caller, input) => exportUser(parts, input),
})
