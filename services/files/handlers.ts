import type { Handlers } from '@chat/contract'
import type { Chunked } from './chunked.ts'
import type { Direct } from './direct.ts'
import type { Links } from './links.ts'

export type Parts = { chunked: Chunked; direct: Direct; links: Links }

export const handlers = ({ chunked, direct, links }: Parts): Handlers<'files'> => ({
  sendFileMessage: (caller, input) => chunked.take(caller, input),
  createUpload: (caller, input) => direct.create(caller, input),
  completeUpload: async (caller, input) => ({ message: await direct.complete(caller, input) }),
  getFileUrl: (caller, input) => links.inRoom(caller, input),
  openFile: (caller, input) => links.anywhere(caller, input),
})
