import type { NumberedKind } from '@chat/service'
import type { Changes } from './change-store.ts'
import type { Source } from './outbox.ts'
import type { Presenting } from './presenting.ts'
import { presentMessage, type Store } from './store.ts'

const onOwnBehalf = { userId: '', requestId: 'outbox' }

/** What the outbox owes the stream. */
export const sourcesOf = (
  store: Store,
  changes: Changes,
  presenting: Presenting,
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
      const messages = await presenting.inFull(
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
