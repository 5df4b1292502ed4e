import type { Message } from '@chat/contract'
import { words } from '../i18n/words.ts'
import { plainName, plainText } from './plain-text.ts'

/** A message on one line. */
export function previewOf({ status, data, blocked }: Message): string {
  const { preview } = words.value
  if (blocked) return preview.blocked
  if (status.deleted) return preview.deleted
  if (status.hidden && data.content.text === undefined && !data.content.files) return preview.hidden
  const [file] = data.content.files ?? []
  const lines: Partial<Record<Message['data']['type'], string>> = {
    PHOTO: preview.photo,
    VIDEO: preview.video,
    FILE: file ? plainName(file.name) : preview.file,
    CARD: data.content.rawData?.text ?? preview.card,
  }
  return lines[data.type] ?? plainText(data.content.text ?? '')
}
