import { type Caller, Fault, MAX_LETTERS, MAX_WORDS, type Output } from '@chat/contract'
import type { Bus } from '@chat/service'
import { characterOf } from './characters.ts'
import { fold } from './text-fold.ts'
import { mapInSlices } from './time-slice.ts'
import type { WordListCache } from './word-list-cache.ts'
import type { WordList } from './word-matcher.ts'
import { EVERYWHERE, type WordStore } from './word-store.ts'

type List = Output<'listBannedWords'>
/** Without `roomId` it concerns the list for all rooms. */
type Edit = { roomId?: string } & Partial<WordList>
type Parts = { words: WordStore; lists: WordListCache; bus: Bus }

const PUNCTUATION = /^[\s.'’·_-]$/u

/** Edits the word lists of a platform: one for all rooms, and one per room. */
export class WordListEditor {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  async list(caller: Caller, { roomId }: Pick<Edit, 'roomId'>): Promise<List> {
    const found = await this.parts.words.find(await this.keyOf(caller, roomId))
    return { words: found?.words ?? [], allow: found?.allow ?? [] }
  }

  put(caller: Caller, input: Edit): Promise<List> {
    return this.change(caller, input, (_before, given) => [given])
  }

  /** A word that the list has in any spelling stays as it is. */
  add(caller: Caller, input: Edit): Promise<List> {
    return this.change(caller, input, (before, given) => [[...before, ...given]])
  }

  remove(caller: Caller, input: Edit): Promise<List> {
    return this.change(caller, input, (before, given) => [before, given])
  }

  async deleteRoom(roomId: string): Promise<void> {
    await this.parts.words.delete(roomId)
    await this.parts.lists.announce(roomId)
  }

  /** @throws INVALID_REQUEST for a word without letters, and for a list that is too long */
  private async change(
    caller: Caller,
    { roomId, words = [], allow = [] }: Edit,
    edit: (before: string[], given: string[]) => [words: string[], removed?: string[]],
  ): Promise<List> {
    await mapInSlices([...words, ...allow], requireLetters)
    const key = await this.keyOf(caller, roomId)
    const list = await this.parts.words.change(key, async (before) => {
      const after = {
        words: await distinct(bannedKey, ...edit(before.words, words)),
        allow: await distinct(allowedKey, ...edit(before.allow, allow)),
      }
      await requireSize(after, key === EVERYWHERE ? 'everywhere' : 'room')
      return after
    })
    await this.parts.lists.announce(key)
    return list
  }

  /** @throws ROOM_NO_EXISTS */
  private async keyOf(caller: Caller, roomId: string | undefined): Promise<string> {
    if (roomId === undefined) return EVERYWHERE
    await this.parts.bus.ask('roomFacts', caller, roomId)
    return roomId
  }
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
