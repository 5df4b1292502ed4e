import { type Connection, isDuplicate } from '@chat/service'
import mongoose from 'mongoose'

import type { WordList } from './word-matcher.ts'

/** Whose list: a room's id, or this. */
export const EVERYWHERE = '*'

export type StoredList = WordList & { _id: string; revision: number }

/** Each time somebody else was faster. */
const MAX_TRIES = 50

const { Schema } = mongoose
const listSchema = new Schema<StoredList>(
  {
    _id: String,
    revision: { type: Number, required: true },
    words: { type: [String], required: true },
    allow: { type: [String], required: true },
  },
  { versionKey: false },
)

/** The lists of banned words; each is one document, and every change of it is seen whole. */
export async function openWords(connection: Connection) {
  const model = connection.model<StoredList>('WordList', listSchema, 'wordLists')
  await model.createIndexes()
  return {
    find: (_id: string): Promise<StoredList | null> => model.findById(_id).lean<StoredList>(),

    /** Grows with every change; 0 where there is no list. */
    async revision(_id: string): Promise<number> {
      const found = await model.findById(_id, { revision: 1 }).lean<{ revision: number }>()
      return found?.revision ?? 0
    },

    async delete(_id: string) {
      await model.deleteOne({ _id })
    },

    /** Makes another list of it, whoever else does so at the same time. */
    async change(_id: string, become: (before: WordList) => WordList | Promise<WordList>): Promise<WordList> {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const before = await model.findById(_id).lean<StoredList>()
        const after = await become(before ?? { words: [], allow: [] })
        const revision = (before?.revision ?? 0) + 1
        if (await store({ _id, ...after, revision })) return after
      }
      throw new Error(`the list ${_id} is changed too often`)
    },
  }

  /** @returns false where somebody has changed it since */
  async function store({ _id, revision, ...list }: StoredList): Promise<boolean> {
    if (revision > 1) {
      const filter = { _id, revision: revision - 1 }
      return (await model.updateOne(filter, { $set: { ...list, revision } })).matchedCount === 1
    }
    try {
      await model.create({ _id, revision, ...list })
      return true
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
  }
}
export type WordStore = Awaited<ReturnType<typeof openWords>>
