import { type Input, type MessageData, normalised } from '@chat/contract'
import { pairsOf } from '@chat/service'

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

/** The grams of a message: those of every keyword that it holds are among them. */
export function entriesOf(data: MessageData): string[] {
  const markers = GALLERY.filter((kind) => isOfKind(data, kind)).map(markerOf)
  return [...new Set([...markers, ...textsOf(data).flatMap(gramsOf)])].slice(0, MAX_GRAMS)
}
