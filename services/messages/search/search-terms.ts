import { type Input, type MessageData, normalised } from '@chat/contract'
import { pairsOf } from '@chat/service'

export type GalleryKind = Input<'listGallery'>['kind']

/** What the index keeps of one message. More could only be said where `textLength` is far above its default. */
const MAX_GRAMS = 200_000
const LINK = /https?:\/\/\S|(?<![a-z0-9])www\.\S/i
const GALLERY: GalleryKind[] = ['PHOTO', 'VIDEO', 'FILE', 'LINK']

/** Text as it is compared: a sigma at the end of a word is one like any other, or a part of the word would differ. */
export const comparable = (text: string) => normalised(text).replaceAll('ς', 'σ')

/** Pairs of neighbours; spaces are passed over, which leaves fewer of them and still finds every piece of a text. */
export const gramsOf = (comparableText: string) => pairsOf(comparableText.replaceAll(' ', ''))

/** Longer than a pair of characters, so that no keyword is one. */
export const markerOf = (kind: GalleryKind) => `#${kind}`

export function isOfKind({ type, content }: MessageData, kind: GalleryKind): boolean {
  if (kind !== 'LINK') return type === kind
  return [content.text, content.rawData?.text].some((text) => text !== undefined && LINK.test(text))
}

/** What a message can be found by. */
const textsOf = ({ content: { text, rawData, files = [] } }: MessageData): string[] =>
  [text, rawData?.text, ...files.map(({ name }) => name)].flatMap((each) => (each ? [comparable(each)] : []))

export const holds = (data: MessageData, comparableKeyword: string) =>
  textsOf(data).some((text) => text.includes(comparableKeyword))

/** What the index knows a message by: every keyword that it holds is made of these. */
export function entriesOf(data: MessageData): string[] {
  const markers = GALLERY.filter((kind) => isOfKind(data, kind)).map(markerOf)
  return [...new Set([...markers, ...textsOf(data).flatMap(gramsOf)])].slice(0, MAX_GRAMS)
}
