import { type Connection, insertMissing, modelOf } from '@chat/service'
import type { WordList } from './word-matcher.ts'

/** The key of the list for all rooms. The key of a room's list is the room's id. */
export const EVERYWHERE = '*'

type StoredList = WordList & { _id: string; revision: number }

const MAX_TRIES = 50

/** The word lists, one document each, changed by compare-and-set on `revision`. */
export function openWords(connection: Connection) {
  const model = modelOf<StoredList>(connection, 'wordLists')
  return {
    find: (_id: string): Promise<StoredList | null> => model.findById(_id).lean<StoredList>(),

    async revision(_id: string): Promise<number> {
      const found = await model.findById(_id, { revision: 1 }).lean<{ revision: number }>()
      return found?.revision ?? 0
    },

    async delete(_id: string) {
      await model.deleteOne({ _id })
    },

    /** Applies `edit`, again where another change came between. @returns the new list */
    async change(_id: string, edit: (before: WordList) => WordList | Promise<WordList>): Promise<WordList> {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const before = await model.findById(_id).lean<StoredList>()
        const after = await edit(before ?? { words: [], allow: [] })
        if (await replace(_id, before?.revision ?? 0, after)) return after
      }
      throw new Error(`word list ${_id} could not be changed in ${MAX_TRIES} tries`)
    },
  }

  /** @returns false where the list no longer has that revision */
  async function replace(_id: string, before: number, { words, allow }: WordList): Promise<boolean> {
    const list = { words, allow, revision: before + 1 }
    if (before > 0)
      return (await model.updateOne({ _id, revision: before }, { $set: list })).matchedCount === 1
    return (await insertMissing(model, [{ _id, ...list }])).length === 0
  }
}
export type WordStore = ReturnType<typeof openWords>
