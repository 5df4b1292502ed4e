import type { Message } from '@chat/contract'
import type { NumberedKind } from '@chat/service'
import type { ChangeStore } from '../changes/change-store.ts'
import type { Presenter } from '../read/presenter.ts'
import { presentMessage } from './message-doc.ts'
import type { MessageStore } from './message-store.ts'
import type { Source } from './outbox.ts'

const outboxCaller = { userId: '', requestId: 'outbox' }

/** The events that the outbox publishes: messages and changes as they are stored. */
export const outboxSources = (
  store: MessageStore,
  changes: ChangeStore,
  presenter: Presenter,
): Record<NumberedKind, Source> => ({
  message: {
    lastOf: (roomId) => store.lastSeq(roomId),
    between: async (roomId, from, to) => {
      const docs = await store.between(roomId, from, to)
      return docs.map((doc) => ({
        event: { kind: 'message', message: presentMessage(doc) },
        at: doc.createdAt,
      }))
    },
  },
  change: {
    lastOf: (roomId) => changes.last(roomId),
    between: async (roomId, from, to) => {
      const found = await changes.between(roomId, from, to)
      const docs = found.map(({ doc }) => doc)
      const messages = await presenter.inFull(outboxCaller, docs)
      return found.map(({ change, createdAt, mentioned }, index) => {
        const message = messages[index] as Message
        return { event: { kind: 'change', change, message, ...(mentioned && { mentioned }) }, at: createdAt }
      })
    },
  },
})
