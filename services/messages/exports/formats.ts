import type { Input } from '@chat/contract'
import type { MessageDoc } from '../send/message-store.ts'
import { BOM, csvLine } from './csv.ts'

export type ExportFormat = Input<'exportMessages'>['format']

/** A message, and its author's name as it is now. */
export type Row = { doc: MessageDoc; nickName: string }

type Format = {
  mediaType: string
  /** What stands before the first row, between rows, and after the last one. */
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
    ...{ _id, seq, createdAt, editedAt: updatedAt ?? null },
    author: { authorId: author.authorId, nickName },
    data,
    replyTo: replyTo?.messageId ?? null,
  })
}

const csv = ({ doc, nickName }: Row) =>
  csvLine([
    String(doc.seq),
    doc.createdAt.toISOString(),
    doc.author.authorId,
    nickName,
    doc.data.type,
    textOf(doc),
    filesOf(doc).join('; '),
  ])

/** Further lines of a message are set in: none of them looks like a message of somebody else. */
function txt({ doc, nickName }: Row): string {
  const said = [textOf(doc), ...filesOf(doc).map((name) => `<${name}>`)].filter(Boolean).join('\n')
  const name = nickName.split(LINE_BREAK).join(' ')
  return `[${doc.createdAt.toISOString()}] ${name}: ${said.split(LINE_BREAK).join('\n    ')}\n`
}

export const formats: Record<ExportFormat, Format> = {
  JSON: { mediaType: 'application/json', opening: '[\n', between: ',\n', closing: '\n]\n', row: json },
  CSV: {
    mediaType: 'text/csv; charset=utf-8',
    opening: BOM + csvLine(COLUMNS),
    between: '',
    closing: '',
    row: csv,
  },
  // Its opening, as that of CSV, tells a text editor which encoding it is; and no file is empty.
  TXT: { mediaType: 'text/plain; charset=utf-8', opening: BOM, between: '', closing: '', row: txt },
}
