import type { ExportParts } from '../parts.ts'
import type { ExportDoc } from './export-store.ts'
import { formats } from './file/formats.ts'

type Link = { url: string; expiresAt: string }

/** Sends the link to who has requested the export. @throws ROOM_NO_EXISTS where the user is no longer in the room */
export async function notify(parts: ExportParts, doc: ExportDoc): Promise<void> {
  const { bus, mailer } = parts
  const { _id, userId, email } = doc
  await whileMember(parts, doc, async () => {
    const link = await linkTo(parts, doc)
    if (email !== null) return mailer?.send({ to: email, id: _id, ...mailOf(link) })
    if (userId === '') return
    bus.publishUser(userId, 'exportReady', { exportId: _id, ...link })
    await bus.flush()
  })
}

/** Runs `work` under the user's access to the room. A platform has access to every room. */
export async function whileMember<T>(
  { access }: ExportParts,
  { _id, userId, roomId }: ExportDoc,
  work: () => Promise<T>,
): Promise<T> {
  using _pass = userId === '' ? null : await access.enter({ userId, requestId: _id }, roomId)
  return await work()
}

/** The link is valid until the export expires. */
export async function linkTo({ storage }: ExportParts, doc: ExportDoc): Promise<Link> {
  const { _id, path, format, expiresAt, createdAt } = doc
  const bucket = await storage.open()
  const seconds = Math.max(1, Math.floor((expiresAt.getTime() - Date.now()) / 1000))
  const name = `chat-${createdAt.toISOString().slice(0, 10)}-${_id.slice(-6)}.${format.toLowerCase()}`
  const { mediaType } = formats[format]
  const disposition = `attachment; filename="${name}"`
  const url = await bucket.linkToRead(path, { seconds, mediaType, disposition })
  return { url, expiresAt: expiresAt.toISOString() }
}

const mailOf = ({ url, expiresAt }: Link) => ({
  subject: 'Your chat export is ready / 대화 내보내기가 준비되었습니다',
  text: [
    `The messages you asked for can be downloaded until ${expiresAt}:`,
    `요청하신 대화 내용을 ${expiresAt}까지 내려받을 수 있습니다:`,
    '',
    url,
    '',
    'Whoever has this link can open it. / 이 링크를 가진 사람은 누구나 열 수 있습니다.',
    '',
  ].join('\n'),
})
