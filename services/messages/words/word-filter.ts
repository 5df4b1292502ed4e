import { Fault, type MessageData } from '@chat/contract'
import { masked } from './mask.ts'
import { fold } from './text-fold.ts'
import type { WordListCache } from './word-list-cache.ts'
import { bannedIn, type WordMatcher } from './word-matcher.ts'

/** What is done with a text that has a banned word. */
export type Mode = 'refuse' | 'mask'

/** Keeps banned words out of what people say. */
export class WordFilter {
  private readonly lists: WordListCache
  private readonly mode: Mode
  constructor(lists: WordListCache, mode: Mode) {
    this.lists = lists
    this.mode = mode
  }

  /** What may be said in a room in place of a text: the text itself, or, where words are masked, what is left of it. */
  async screenFor(roomId: string): Promise<(text: string) => string> {
    const matchers = await this.lists.in(roomId)
    return (text) => this.screen(text, matchers)
  }

  /**
   * Likewise of a whole message. Files' names are masked in either mode: nobody is to learn after the upload that it
   * was in vain. What platforms make, cards and notices, is their own.
   * @throws MESSAGE_HAS_BANNED_WORD
   */
  async screenMessage(roomId: string, data: MessageData): Promise<MessageData> {
    const { type, content } = data
    if (type === 'CARD' || type === 'ADMIN') return data
    const matchers = await this.lists.in(roomId)
    if (matchers.length === 0) return data
    const { text, files } = content
    return {
      type,
      content: {
        ...content,
        ...(text !== undefined && { text: this.screen(text, matchers) }),
        ...(files && { files: files.map((file) => ({ ...file, name: masked(file.name, matchers) })) }),
      },
    }
  }

  private screen(text: string, matchers: WordMatcher[]): string {
    if (matchers.length === 0) return text
    if (this.mode === 'mask') return masked(text, matchers)
    if (bannedIn(fold(text), matchers).length > 0) throw new Fault('MESSAGE_HAS_BANNED_WORD')
    return text
  }
}
