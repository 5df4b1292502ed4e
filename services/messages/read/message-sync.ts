import type { Caller, Input, Message, Output } from '@chat/contract'
import { bytesOf, PAGE_BYTES } from '@chat/service'
import type { Changed, ChangeStore } from '../changes/change-store.ts'
import type { AccessCache } from '../send/access-cache.ts'
import { type MessageStore, presentMessage } from '../send/message-store.ts'
import { fitting, leading, MAX_COUNT } from './page-size.ts'
import type { Presenter } from './presenter.ts'

type Change = { change: number; message: Message }

/** What somebody has missed: new messages, and changes to those they have. */
export class MessageSync {
  private readonly store: MessageStore
  private readonly changes: ChangeStore
  private readonly access: AccessCache
  private readonly presenter: Presenter
  constructor(store: MessageStore, changes: ChangeStore, access: AccessCache, presenter: Presenter) {
    this.store = store
    this.changes = changes
    this.access = access
    this.presenter = presenter
  }

  /** For a client; its numbers are those to go on after. */
  async sync(caller: Caller, input: Input<'syncMessages'>): Promise<Output<'syncMessages'>> {
    const { roomId, afterSeq, afterChange } = input
    return this.access.during(caller, roomId, async ({ master }) => {
      const asSeen = (docs: Changed['doc'][]) => this.presenter.asSeenBy(caller, docs, master)
      // Before the messages: what changes in between is either among them or comes with the next changes.
      const lastChange = await this.changes.last(roomId)
      const lastSeq = await this.store.lastSeq(roomId)
      const count = Math.min(input.limit ?? MAX_COUNT, MAX_COUNT)
      const docs = await this.store.between(roomId, afterSeq + 1, afterSeq + count)
      const list = fitting(await asSeen(docs), afterSeq + 1, PAGE_BYTES)
      const changes = afterChange === undefined ? [] : await this.missed(roomId, afterChange, asSeen)
      const shown = leading(changes, onceEach(), PAGE_BYTES - bytesOf(list))
      return {
        list,
        changed: [...new Map(shown.map(({ message }) => [message._id, message])).values()],
        lastSeq,
        lastChange: shown.at(-1)?.change ?? Math.min(afterChange ?? lastChange, lastChange),
        recovered:
          afterSeq <= lastSeq &&
          (afterChange ?? 0) <= lastChange &&
          list.every((message, index) => message.seq === afterSeq + 1 + index),
      }
    })
  }

  /** For an edge that missed events, in full; its last numbers are the room's. */
  async replay(caller: Caller, input: Input<'replayMessages'>): Promise<Output<'replayMessages'>> {
    const { roomId, afterSeq, afterChange } = input
    const inFull = (docs: Changed['doc'][]) => this.presenter.inFull(caller, docs)
    const lastChange = await this.changes.last(roomId)
    const changed = await this.missed(roomId, afterChange, inFull)
    const docs = await this.store.between(roomId, afterSeq + 1, afterSeq + MAX_COUNT)
    return {
      list: fitting(
        docs.map((doc) => presentMessage(doc)),
        afterSeq + 1,
        PAGE_BYTES,
      ),
      lastSeq: await this.store.lastSeq(roomId),
      changed: leading(changed, bytesOf, PAGE_BYTES),
      lastChange,
    }
  }

  /** The next changes, each with its message as it is now; several of one message share it. */
  private async missed(
    roomId: string,
    afterChange: number,
    present: (docs: Changed['doc'][]) => Promise<Message[]>,
  ): Promise<Change[]> {
    const changes = await this.changes.between(roomId, afterChange + 1, afterChange + MAX_COUNT)
    const docs = [...new Map(changes.map(({ doc }) => [doc._id, doc])).values()]
    const messages = new Map((await present(docs)).map((message) => [message._id, message]))
    return changes.map(({ change, doc }) => ({ change, message: messages.get(doc._id) as Message }))
  }
}

/** Measures changes of which each message is sent once. */
function onceEach() {
  const seen = new Set<string>()
  return ({ message }: Change) => {
    if (seen.has(message._id)) return 0
    seen.add(message._id)
    return bytesOf(message)
  }
}
