import { type TProperties, Type } from 'typebox'
import { RoomId, Text } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

/** How many words a list may hold, of each kind: banned ones and allowed ones. */
export const MAX_WORDS = { everywhere: 10_000, room: 1_000 }
/**
 * Of all words of a list together; a Korean syllable is two to five. It bounds what a list costs in memory, and how long
 * it takes until it is ready: some 80 MB, and half a second's work.
 */
export const MAX_LETTERS = { everywhere: 300_000, room: 30_000 }

const Word = Text(1, 50)
/** `allow`: innocent words that hold a banned one. */
const WordList = Type.Object({ words: Type.Array(Word), allow: Type.Array(Word) })
const Words = Type.Array(Word, { maxItems: MAX_WORDS.everywhere })
const Changes = { words: Type.Optional(Words), allow: Type.Optional(Words) }
const Lists = { words: Words, allow: Type.Optional(Words) }
const inRoom = { roomId: RoomId }

/** Every operation on a list answers with the list as it then is. */
const row = <I extends TProperties>(summary: string, input: I, errors: readonly 'ROOM_NO_EXISTS'[] = []) => ({
  summary,
  input: Type.Object(input),
  output: WordList,
  errors,
  timeoutMs: 10_000,
})
const rowOfRoom = <I extends TProperties>(summary: string, input: I) =>
  row(summary, input, ['ROOM_NO_EXISTS'])

/** The platform's lists of banned words. Clients cannot read or change them. */
export const platformWords = forServices('messages', {
  listBannedWords: row('The words that are banned everywhere, and the innocent ones that hold one', {}),
  putBannedWords: row(
    'Replace the words that are banned everywhere; holds for every message from the answer on',
    Lists,
  ),
  addBannedWords: row('Add to the words that are banned everywhere', Changes),
  removeBannedWords: row('Take words off those that are banned everywhere', Changes),
  listRoomBannedWords: rowOfRoom('The words that are banned in one room besides', inRoom),
  putRoomBannedWords: rowOfRoom('Replace the words that are banned in one room', { ...inRoom, ...Lists }),
  addRoomBannedWords: rowOfRoom('Add to the words that are banned in one room', { ...inRoom, ...Changes }),
  removeRoomBannedWords: rowOfRoom('Take words off those that are banned in one room', {
    ...inRoom,
    ...Changes,
  }),
})
