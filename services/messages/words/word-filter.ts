import { Fault, type MessageData } from '@chat/contract'
import { maskWords } from './mask.ts'
import { fold } from './text-fold.ts'
import type { WordListCache } from './word-list-cache.ts'
import { findBanned, type WordMatcher } from './word-matcher.ts'

type Mode = 'refuse' | 'mask'
type Parts = { wordLists: WordListCache; bannedWordsMode: Mode }

/** A function that returns a text unchanged, or masked; in mode `refuse` it throws MESSAGE_HAS_BANNED_WORD. */
export async function screenFor(parts: Parts, roomId: string): Promise<(text: string) => string> {
  const matchers = await parts.wordLists.in(roomId)
  return (text) => screen(text, matchers, parts.bannedWordsMode)
}

/**
 * Masks file names in both modes: a refusal would come after the upload. Cards and notices, which only platforms
 * send, are not screened. @throws MESSAGE_HAS_BANNED_WORD
 */
export async function screenMessage(parts: Parts, roomId: string, data: MessageData): Promise<MessageData> {
  const { type, content } = data
  if (type === 'CARD' || type === 'ADMIN') return data
  const matchers = await parts.wordLists.in(roomId)
  if (matchers.length === 0) return data
  const { text, files } = content
  return {
    type,
    content: {
      ...content,
      ...(text !== undefined && { text: screen(text, matchers, parts.bannedWordsMode) }),
      ...(files && { files: files.map((file) => ({ ...file, name: maskWords(file.name, matchers) })) }),
    },
  }
}

function screen(text: string, matchers: WordMatcher[], mode: Mode): string {
  if (matchers.length === 0) return text
  if (mode === 'mask') return maskWords(text, matchers)
  if (findBanned(fold(text), matchers).length > 0) throw new Fault('MESSAGE_HAS_BANNED_WORD')
  return text
}
