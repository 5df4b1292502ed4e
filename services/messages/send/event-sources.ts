import type { Message } from '@chat/contract'
import { type EventSource, eventsIn } from '@chat/service'
import type { ChangeStore } from '../changes/change-store.ts'
import type { Presenter } from '../read/presenter.ts'
import { presentMessage } from './message-doc.ts'
import type { MessageStore } from './message-store.ts'

const caller = { userId: '', requestId: 'outbox' }

/** The events that this service stores: messages and changes, as they are now. */
export const eventSources = (
  store: MessageStore,
  changes: ChangeStore,
  presenter: Presenter,
): EventSource[] => [
  eventsIn(store.model, async (ids) => {
    const docs = await store.byIds(ids)
    return docs.map((doc) => ({ kind: 'message', message: presentMessage(doc) }))
  }),
  eventsIn(changes.model, async (ids) => {
    // A room that is being purged has changes of messages that are gone.
    const changed = (await changes.byIds(ids)).filter(({ doc }) => doc)
    const messages = await presenter.inFull(
      caller,
      changed.map(({ doc }) => doc),
    )
    return changed.map(({ change, mentioned }, index) => {
      return { kind: 'change', change, message: messages[index] as Message, ...(mentioned && { mentioned }) }
    })
  }),
]
