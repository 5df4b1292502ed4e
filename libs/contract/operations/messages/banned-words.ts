import { type TProperties, Type } from 'typebox'
import { OneRoom } from '../../schemas/ids.ts'
import { optional, Text } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

/** How many banned words, and how many allowed words, one list may hold. */
export const MAX_WORDS = { everywhere: 10_000, room: 1_000 }
/** Of all words of a list; a Korean syllable is two to five. It bounds memory (80 MB) and compile time (0.5 s). */
export const MAX_LETTERS = { everywhere: 300_000, room: 30_000 }

const Word = Text(1, 50)
/** `allow`: innocent words that contain a banned one. */
const WordList = Type.Object({ words: Type.Array(Word), allow: Type.Array(Word) })
const Words = Type.Array(Word, { maxItems: MAX_WORDS.everywhere })
const Changes = optional({ words: Words, allow: Words })
const Lists = { words: Words, ...optional({ allow: Words }) }

/** Every operation answers with the list after it. */
const row = <I extends TProperties>(summary: string, input: I) => ({
  summary,
  input: Type.Object(input),
  output: WordList,
  timeoutMs: 10_000,
})
const rowOfRoom = <I extends TProperties>(summary: string, input: I) => ({
  ...row(summary, { ...OneRoom, ...input }),
  errors: ['ROOM_NO_EXISTS'] as const,
})

/** The platform's lists of banned words. Clients cannot read or change them. */
export const platformWords = forServices('messages', {
  listBannedWords: row('The words that are banned everywhere, and the innocent words that contain one', {}),
  putBannedWords: row(
    'Replace the list that holds everywhere; it applies to every message from the answer on',
    Lists,
  ),
  addBannedWords: row('Add words to the list that holds everywhere', Changes),
  removeBannedWords: row('Remove words from the list that holds everywhere', Changes),
  listRoomBannedWords: rowOfRoom(
    'The words that are banned in one room, besides those banned everywhere',
    {},
  ),
  putRoomBannedWords: rowOfRoom('Replace the list of one room', Lists),
  addRoomBannedWords: rowOfRoom('Add words to the list of one room', Changes),
  removeRoomBannedWords: rowOfRoom('Remove words from the list of one room', Changes),
})
