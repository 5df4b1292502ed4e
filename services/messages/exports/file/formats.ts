import type { Input } from '@chat/contract'
import type { MessageDoc } from '../../send/message-doc.ts'
import { BOM, csvLine } from './csv.ts'

export type ExportFormat = Input<'exportMessages'>['format']

/** A message, and its author's present name. */
export type Row = { doc: MessageDoc; nickName: string }

type Format = {
  mediaType: string
  opening: string
  between: string
  closing: string
  row: (row: Row) => string
}

const COLUMNS = ['seq', 'createdAt', 'authorId', 'nickName', 'type', 'text', 'files']
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/

const textOf = ({ data: { content } }: MessageDoc) => content.text ?? content.rawData?.text ?? ''
const filesOf = ({ data: { content } }: MessageDoc) => (content.files ?? []).map(({ name }) => name)

function json({ doc, nickName }: Row): string {
  const { _id, seq, author, data, replyTo, createdAt, updatedAt } = doc
  return JSON.stringify({
    _id,
    seq,
    createdAt,
    editedAt: updatedAt ?? null,
    author: { authorId: author.authorId, nickName },
    data,
    replyTo: replyTo?.messageId ?? null,
  })
}

function csv({ doc, nickName }: Row): string {
  const { seq, createdAt, author, data } = doc
  const files = filesOf(doc).join('; ')
  const { authorId } = author
  return csvLine([String(seq), createdAt.toISOString(), authorId, nickName, data.type, textOf(doc), files])
}

/** Indents further lines of a message, so that none of them looks like another message. */
function txt({ doc, nickName }: Row): string {
  const text = [textOf(doc), ...filesOf(doc).map((name) => `<${name}>`)].filter(Boolean).join('\n')
  const name = nickName.split(LINE_BREAK).join(' ')
  return `[${doc.createdAt.toISOString()}] ${name}: ${text.split(LINE_BREAK).join('\n    ')}\n`
}

const csvOpening = BOM + csvLine(COLUMNS)

export const formats: Record<ExportFormat, Format> = {
  JSON: { mediaType: 'application/json', opening: '[\n', between: ',\n', closing: '\n]\n', row: json },
  CSV: { mediaType: 'text/csv; charset=utf-8', opening: csvOpening, between: '', closing: '', row: csv },
  // The byte order mark tells editors the encoding; and no file is empty.
  TXT: { mediaType: 'text/plain; charset=utf-8', opening: BOM, between: '', closing: '', row: txt },
}
