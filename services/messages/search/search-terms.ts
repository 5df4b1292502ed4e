import { type Input, type MessageData, normalised } from '@chat/contract'
import { pairsOf } from '@chat/service'
import { addPairHashes, hashOf } from './segments/term-hash.ts'

type GalleryKind = Input<'listGallery'>['kind']

/** The most that the index keeps of one message. Only a `textLength` far above its default gets there. */
const MAX_GRAMS = 200_000
const LINK = /https?:\/\/\S|(?<![a-z0-9])www\.\S/i
const GALLERY: GalleryKind[] = ['PHOTO', 'VIDEO', 'FILE', 'LINK']

/** Text as it is compared. A final sigma becomes a plain one, or the start of a word would differ from the word. */
export const comparable = (text: string) => normalised(text).replaceAll('ς', 'σ')

/** Pairs of neighbouring characters. Spaces are skipped: fewer pairs, and every part of a text is still found. */
export const gramsOf = (comparableText: string) => pairsOf(comparableText.replaceAll(' ', ''))

/** Longer than a pair of characters, so that no keyword matches it. */
export const markerOf = (kind: GalleryKind) => `#${kind}`

export function isOfKind({ type, content }: MessageData, kind: GalleryKind): boolean {
  if (kind !== 'LINK') return type === kind
  return [content.text, content.rawData?.text].some((text) => text !== undefined && LINK.test(text))
}

/** The texts by which a message is found. */
const textsOf = ({ content: { text, rawData, files = [] } }: MessageData): string[] =>
  [text, rawData?.text, ...files.map(({ name }) => name)].flatMap((each) => (each ? [comparable(each)] : []))

export const holds = (data: MessageData, comparableKeyword: string) =>
  textsOf(data).some((text) => text.includes(comparableKeyword))

/** The term of all messages of a room. Longer than a pair, as `markerOf`. */
export const roomTerm = (roomId: string) => hashOf(`@room ${roomId}`)

/**
 * The hashes of a message's terms, some of them repeated: its room, its kinds and its pairs of characters. Those of every
 * keyword that it holds are among them.
 */
export function termsOf(data: MessageData, roomId: string): number[] {
  const kinds = GALLERY.filter((kind) => isOfKind(data, kind))
  const hashes = kinds.map((kind) => hashOf(markerOf(kind)))
  for (const text of textsOf(data)) addPairHashes(text.replaceAll(' ', ''), hashes)
  // No search finds a message that has neither.
  return hashes.length > 0 ? [roomTerm(roomId), ...hashes.slice(0, MAX_GRAMS)] : []
}

/** Each costs a document per segment, and the messages decide in the end. */
const MAX_WORD_TERMS = 6

/** The hashes by which a keyword is looked for: of a long one, some pairs from all parts of it. */
export function wordTerms(grams: readonly string[]): number[] {
  const step = Math.max(1, (grams.length - 1) / (MAX_WORD_TERMS - 1))
  const count = Math.min(grams.length, MAX_WORD_TERMS)
  return Array.from({ length: count }, (_, index) => hashOf(grams[Math.round(index * step)] as string))
}
