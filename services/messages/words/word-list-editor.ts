import { type Caller, Fault, type Input, MAX_LETTERS, MAX_WORDS, type Output } from '@chat/contract'
import type { Bus } from '@chat/service'
import { characterOf } from './characters.ts'
import { type Folded, fold } from './text-fold.ts'
import { eachInTurn } from './time-slice.ts'
import type { WordListCache } from './word-list-cache.ts'
import type { WordList } from './word-matcher.ts'
import { EVERYWHERE, type WordStore } from './word-store.ts'

type Page = Output<'listBannedWords'>
/** Without a room it is the list for everyone. */
type Where = { roomId?: string }
type Some = Where & Input<'addBannedWords'>

/** What stands in a word without being part of it. */
const PUNCTUATION = /^[\s.'’·_-]$/u

/** The platform's lists of words: one for everyone, and one for each room that has its own. */
export class WordListEditor {
  private readonly words: WordStore
  private readonly lists: WordListCache
  private readonly bus: Bus
  constructor(words: WordStore, lists: WordListCache, bus: Bus) {
    this.words = words
    this.lists = lists
    this.bus = bus
  }

  async list(caller: Caller, { roomId }: Where): Promise<Page> {
    const found = await this.words.find(await this.keyOf(caller, roomId))
    return { words: found?.words ?? [], allow: found?.allow ?? [] }
  }

  put(caller: Caller, { roomId, words, allow = [] }: Where & Input<'putBannedWords'>): Promise<Page> {
    return this.change(caller, roomId, { words, allow }, (_before, given) => given)
  }

  /** A word that is there already, in whatever spelling, stays as it is. */
  add(caller: Caller, { roomId, words = [], allow = [] }: Some): Promise<Page> {
    return this.change(caller, roomId, { words, allow }, (before, given) => ({
      words: [...before.words, ...given.words],
      allow: [...before.allow, ...given.allow],
    }))
  }

  /** In whatever spelling they are there. */
  remove(caller: Caller, { roomId, words = [], allow = [] }: Some): Promise<Page> {
    return this.change(caller, roomId, { words, allow }, async (before, given) => ({
      words: await without(before.words, given.words, banned),
      allow: await without(before.allow, given.allow, allowed),
    }))
  }

  /** Of a room that goes away. */
  async drop(roomId: string): Promise<void> {
    await this.words.delete(roomId)
    await this.lists.announce(roomId)
  }

  /** @throws INVALID_REQUEST for words that mean nothing, and for too many of them */
  private async change(
    caller: Caller,
    roomId: string | undefined,
    given: WordList,
    become: (before: WordList, given: WordList) => WordList | Promise<WordList>,
  ): Promise<Page> {
    await eachInTurn([...given.words, ...given.allow], requireMeaning)
    const key = await this.keyOf(caller, roomId)
    const kind = key === EVERYWHERE ? 'everywhere' : 'room'
    const list = await this.words.change(key, async (before) => {
      const { words, allow } = await become(before, given)
      const after = { words: await unique(words, banned), allow: await unique(allow, allowed) }
      await requireSize(after, kind)
      return after
    })
    await this.lists.announce(key)
    return list
  }

  /** @throws ROOM_NO_EXISTS */
  private async keyOf(caller: Caller, roomId: string | undefined): Promise<string> {
    if (roomId === undefined) return EVERYWHERE
    await this.bus.ask('roomFacts', caller, roomId)
    return roomId
  }
}

/** Two spellings of one word are one word; for an allowed one it matters what stands between its letters. */
type Likeness = (form: Folded) => string
const banned: Likeness = ({ letters }) => String.fromCodePoint(...letters)
const allowed: Likeness = (form) => JSON.stringify([banned(form), form.parted])

const likenesses = (words: string[], likeness: Likeness) => eachInTurn(words, (word) => likeness(fold(word)))

async function unique(words: string[], likeness: Likeness): Promise<string[]> {
  const first = new Map<string, string>()
  for (const [index, key] of (await likenesses(words, likeness)).entries())
    if (!first.has(key)) first.set(key, words[index] as string)
  return [...first.values()]
}

async function without(words: string[], others: string[], likeness: Likeness): Promise<string[]> {
  const gone = new Set(await likenesses(others, likeness))
  const keys = await likenesses(words, likeness)
  return words.filter((_, index) => !gone.has(keys[index] as string))
}

async function requireSize({ words, allow }: WordList, kind: keyof typeof MAX_WORDS) {
  const [most, mostLetters] = [MAX_WORDS[kind], MAX_LETTERS[kind]]
  if (Math.max(words.length, allow.length) > most)
    throw new Fault('INVALID_REQUEST', { message: `A list holds ${most} words at most` })
  const lengths = await eachInTurn([...words, ...allow], (word) => fold(word).letters.length)
  if (lengths.reduce((sum, length) => sum + length, 0) > mostLetters)
    throw new Fault('INVALID_REQUEST', { message: `The words of a list have ${mostLetters} letters at most` })
}

/** Signs are passed over in texts: `a$$` would stand for every `a`. */
function requireMeaning(word: string) {
  const signs = [...word].filter(
    (each) => characterOf(each.codePointAt(0) as number).kind === 'seen' && !PUNCTUATION.test(each),
  )
  if (signs.length === 0 && fold(word).letters.length > 0) return
  throw new Fault('INVALID_REQUEST', { message: `Words are made of letters and digits: "${word}" is not` })
}
