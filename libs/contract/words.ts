import { Type } from 'typebox'
import { operation } from './operation.ts'
import { LongText, RoomId, Text } from './values.ts'

/** How many words a list may hold, of each kind: banned ones and allowed ones. */
export const MAX_WORDS = { everywhere: 10_000, room: 1_000 }
/**
 * Of all words of a list together; a Korean syllable is two to five. It bounds what a list costs in memory, and for how
 * long everything else waits while it is made ready: some 80 MB, and half a second.
 */
export const MAX_LETTERS = { everywhere: 300_000, room: 30_000 }

const Word = Text(1, 50)
/** `allow`: innocent words that hold a banned one. */
const WordList = Type.Object({ words: Type.Array(Word), allow: Type.Array(Word) })
const Words = Type.Array(Word, { maxItems: MAX_WORDS.everywhere })
/** Without a room it is the list for everyone. */
const Where = { roomId: Type.Optional(RoomId) }
const Some = Type.Object({ ...Where, words: Type.Optional(Words), allow: Type.Optional(Words) })

/** Words that may not be said. The lists belong to the platform: none of this is for clients. */
export const wordInternals = {
  listBannedWords: operation({
    service: 'messages',
    summary: 'The banned words of a room, or those for everyone, and the innocent ones that hold one',
    input: Type.Object(Where),
    output: WordList,
    errors: ['ROOM_NO_EXISTS'],
  }),
  putBannedWords: operation({
    service: 'messages',
    summary: 'Replace a list of banned words; holds for every message from the answer on',
    input: Type.Object({ ...Where, words: Words, allow: Type.Optional(Words) }),
    output: WordList,
    errors: ['ROOM_NO_EXISTS'],
    timeoutMs: 10_000,
  }),
  addBannedWords: operation({
    service: 'messages',
    summary: 'Add to a list of banned words',
    input: Some,
    output: WordList,
    errors: ['ROOM_NO_EXISTS'],
    timeoutMs: 10_000,
  }),
  removeBannedWords: operation({
    service: 'messages',
    summary: 'Take words off a list of banned words',
    input: Some,
    output: WordList,
    errors: ['ROOM_NO_EXISTS'],
    timeoutMs: 10_000,
  }),
  screenText: operation({
    service: 'messages',
    summary: 'What may be said in a room in place of a text: the text itself, or what is left of it',
    input: Type.Object({ roomId: RoomId, text: LongText }),
    output: Type.Object({ text: Type.String() }),
    errors: ['MESSAGE_HAS_BANNED_WORD'],
  }),
}
