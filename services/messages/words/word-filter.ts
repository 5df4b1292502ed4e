import { Fault, type MessageData } from '@chat/contract'
import { maskWords } from './mask.ts'
import { fold } from './text-fold.ts'
import type { WordListCache } from './word-list-cache.ts'
import { findBanned, type WordMatcher } from './word-matcher.ts'

type Mode = 'refuse' | 'mask'

export class WordFilter {
  private readonly lists: WordListCache
  private readonly mode: Mode

  constructor(lists: WordListCache, mode: Mode) {
    this.lists = lists
    this.mode = mode
  }

  /** A function that returns a text unchanged, or masked; in mode `refuse` it throws MESSAGE_HAS_BANNED_WORD. */
  async screenFor(roomId: string): Promise<(text: string) => string> {
    const matchers = await this.lists.in(roomId)
    return (text) => this.screen(text, matchers)
  }

  /**
   * Masks file names in both modes: a refusal would come after the upload. Cards and notices, which only platforms
   * send, are not screened. @throws MESSAGE_HAS_BANNED_WORD
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
        ...(files && { files: files.map((file) => ({ ...file, name: maskWords(file.name, matchers) })) }),
      },
    }
  }

  private screen(text: string, matchers: WordMatcher[]): string {
    if (matchers.length === 0) return text
    if (this.mode === 'mask') return maskWords(text, matchers)
    if (findBanned(fold(text), matchers).length > 0) throw new Fault('MESSAGE_HAS_BANNED_WORD')
    return text
  }
}
