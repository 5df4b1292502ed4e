import { type Caller, Fault, MAX_LETTERS, MAX_WORDS, type Output } from '@chat/contract'
import { mapInSlices } from '@chat/service'
import type { Operation, Parts } from '../parts.ts'
import { requireRoom } from '../read/visible-message.ts'
import { characterOf } from './characters.ts'
import { fold } from './text-fold.ts'
import { screenFor } from './word-filter.ts'
import type { WordList } from './word-matcher.ts'
import { EVERYWHERE } from './word-store.ts'

type List = Output<'listBannedWords'>
/** Without `roomId` it concerns the list for all rooms. */
type Edit = { roomId?: string } & Partial<WordList>

const PUNCTUATION = /^[\s.'’·_-]$/u

async function list(parts: Parts, caller: Caller, { roomId }: Pick<Edit, 'roomId'>): Promise<List> {
  const found = await parts.words.find(await keyOf(parts, caller, roomId))
  return { words: found?.words ?? [], allow: found?.allow ?? [] }
}

const put = (parts: Parts, caller: Caller, input: Edit): Promise<List> =>
  change(parts, caller, input, (_before, given) => [given])

/** A word that the list has in any spelling stays as it is. */
const add = (parts: Parts, caller: Caller, input: Edit): Promise<List> =>
  change(parts, caller, input, (before, given) => [[...before, ...given]])

const remove = (parts: Parts, caller: Caller, input: Edit): Promise<List> =>
  change(parts, caller, input, (before, given) => [before, given])

// A platform has one list for all rooms, and one per room.
export {
  add as addBannedWords,
  add as addRoomBannedWords,
  list as listBannedWords,
  list as listRoomBannedWords,
  put as putBannedWords,
  put as putRoomBannedWords,
  remove as removeBannedWords,
  remove as removeRoomBannedWords,
}

export const screenText: Operation<'screenText'> = async (parts, _caller, { roomId, text }) => {
  const screen = await screenFor(parts, roomId)
  return { text: screen(text) }
}

export async function deleteRoomWords({ words, wordLists }: Parts, roomId: string): Promise<void> {
  await words.delete(roomId)
  await wordLists.announce(roomId)
}

/** @throws INVALID_REQUEST for a word without letters, and for a list that is too long */
async function change(
  parts: Parts,
  caller: Caller,
  { roomId, words = [], allow = [] }: Edit,
  edit: (before: string[], given: string[]) => [words: string[], removed?: string[]],
): Promise<List> {
  await mapInSlices([...words, ...allow], requireLetters)
  const key = await keyOf(parts, caller, roomId)
  const changed = await parts.words.change(key, async (before) => {
    const after = {
      words: await distinct(bannedKey, ...edit(before.words, words)),
      allow: await distinct(allowedKey, ...edit(before.allow, allow)),
    }
    await requireSize(after, key === EVERYWHERE ? 'everywhere' : 'room')
    return after
  })
  await parts.wordLists.announce(key)
  return changed
}

/** @throws ROOM_NO_EXISTS */
async function keyOf({ bus }: Parts, caller: Caller, roomId: string | undefined): Promise<string> {
  if (roomId === undefined) return EVERYWHERE
  await requireRoom(bus, caller, roomId)
  return roomId
}

/** Words with the same key are spellings of one word. In allowed words the gaps between letters count, too. */
const bannedKey = (word: string) => String.fromCodePoint(...fold(word).letters)
const allowedKey = (word: string) => JSON.stringify([bannedKey(word), fold(word).afterGap])

/** The words with different keys, without those whose key is a removed word's. */
async function distinct(keyOf: (word: string) => string, words: string[], removed: string[] = []) {
  const seen = new Set(await mapInSlices(removed, keyOf))
  const keys = await mapInSlices(words, keyOf)
  return words.filter((_, index) => {
    const key = keys[index] as string
    return !seen.has(key) && seen.add(key)
  })
}

async function requireSize({ words, allow }: WordList, kind: keyof typeof MAX_WORDS) {
  if (Math.max(words.length, allow.length) > MAX_WORDS[kind])
    throw new Fault('INVALID_REQUEST', { message: `A list holds at most ${MAX_WORDS[kind]} words` })
  const lengths = await mapInSlices([...words, ...allow], (word) => fold(word).letters.length)
  if (lengths.reduce((sum, length) => sum + length, 0) > MAX_LETTERS[kind])
    throw new Fault('INVALID_REQUEST', { message: `A list holds at most ${MAX_LETTERS[kind]} letters` })
}

/** Other symbols are refused: they are skipped in texts, so that `a$$` would match every `a`. */
function requireLetters(word: string) {
  const hasSymbol = [...word].some(
    (each) => characterOf(each.codePointAt(0) as number).kind === 'separator' && !PUNCTUATION.test(each),
  )
  if (!hasSymbol && fold(word).letters.length > 0) return
  throw new Fault('INVALID_REQUEST', { message: `A word consists of letters and digits: "${word}" does not` })
}
