import type { NumberedKind } from '@chat/service'
import type { ChangeStore } from '../changes/change-store.ts'
import type { Presenter } from '../read/presenter.ts'
import { type MessageStore, presentMessage } from './message-store.ts'
import type { Source } from './outbox.ts'

const onOwnBehalf = { userId: '', requestId: 'outbox' }

/** What the outbox owes the stream. */
export const sourcesOf = (
  store: MessageStore,
  changes: ChangeStore,
  presenter: Presenter,
): Record<NumberedKind, Source> => ({
  message: {
    lastOf: store.lastSeq,
    between: async (roomId, from, to) => {
      const docs = await store.between(roomId, from, to)
      return docs.map((doc) => ({
        event: { kind: 'message', message: presentMessage(doc) },
        at: doc.createdAt,
      }))
    },
  },
  change: {
    lastOf: changes.last,
    between: async (roomId, from, to) => {
      const changed = await changes.between(roomId, from, to)
      const messages = await presenter.inFull(
        onOwnBehalf,
        changed.map(({ doc }) => doc),
      )
      return changed.map(({ change, createdAt, mentioned }, index) => ({
        event: {
          kind: 'change',
          change,
          message: messages[index] as (typeof messages)[0],
          ...(mentioned && { mentioned }),
        },
        at: createdAt,
      }))
    },
  },
})
