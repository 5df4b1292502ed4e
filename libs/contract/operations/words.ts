import { type TProperties, Type } from 'typebox'
import { LongText, RoomId, Text } from '../schemas/values.ts'
import { operation } from './operation.ts'

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
const Some = { words: Type.Optional(Words), allow: Type.Optional(Words) }

/** What may be done to a list of words, wherever it holds. */
const row = <I extends TProperties, E extends readonly 'ROOM_NO_EXISTS'[]>(
  summary: string,
  input: I,
  errors: E,
) =>
  operation({
    ...{ service: 'messages', summary, output: WordList, errors, timeoutMs: 10_000 },
    input: Type.Object(input),
  })
const inRoom = { roomId: RoomId }
const missing = ['ROOM_NO_EXISTS'] as const

/** Words that may not be said. The lists belong to the platform: none of this is for clients. */
export const platformWords = {
  listBannedWords: row('The words that are banned everywhere, and the innocent ones that hold one', {}, []),
  putBannedWords: row(
    'Replace the words that are banned everywhere; holds for every message from the answer on',
    { words: Words, allow: Type.Optional(Words) },
    [],
  ),
  addBannedWords: row('Add to the words that are banned everywhere', Some, []),
  removeBannedWords: row('Take words off those that are banned everywhere', Some, []),
  listRoomBannedWords: row('The words that are banned in one room besides', inRoom, missing),
  putRoomBannedWords: row(
    'Replace the words that are banned in one room',
    { ...inRoom, words: Words, allow: Type.Optional(Words) },
    missing,
  ),
  addRoomBannedWords: row('Add to the words that are banned in one room', { ...inRoom, ...Some }, missing),
  removeRoomBannedWords: row(
    'Take words off those that are banned in one room',
    { ...inRoom, ...Some },
    missing,
  ),
}

export const wordInternals = {
  screenText: operation({
    service: 'messages',
    summary: 'What may be said in a room in place of a text: the text itself, or what is left of it',
    input: Type.Object({ roomId: RoomId, text: LongText }),
    output: Type.Object({ text: Type.String() }),
    errors: ['MESSAGE_HAS_BANNED_WORD'],
  }),
}
