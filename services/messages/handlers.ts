import type { Handlers } from '@chat/contract'
import type { Committing } from './committing.ts'
import type { Paging } from './paging.ts'
import type { Sending } from './sending.ts'
import { presentMessage } from './store.ts'

export type Parts = { sending: Sending; paging: Paging; committing: Committing }

export const handlers = ({ sending, paging, committing }: Parts): Handlers<'messages'> => ({
  sendMessage: async (caller, input) => ({
    result: true,
    message: presentMessage(await sending.send(caller, input)),
  }),
  listenMessagesByRoom: (caller, input) => paging.page(caller, input),
  syncMessages: (caller, input) => paging.sync(caller, input),
  lastMessageOf: async (_caller, roomId) => ({ lastSeq: await committing.lastSeq(roomId) }),
  postFirstMessage: async (_caller, input) => ({ message: await sending.postFirst(input) }),
  replayMessages: (_caller, input) => paging.replay(input),
})
