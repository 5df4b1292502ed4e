import type { Bucket, Bus } from '@chat/service'
import type { AccessCache } from '../send/access-cache.ts'
import type { ExportDoc } from './export-store.ts'
import { formats } from './formats.ts'
import type { Mailer } from './mailer.ts'

type Parts = {
  bus: Bus
  access: AccessCache
  mailer: Mailer | null
  storage: { open: () => Promise<Bucket> }
}
type Link = { url: string; expiresAt: string }

/** Tells those who asked for an export where it is. */
export class ExportNotices {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** @throws ROOM_NO_EXISTS where the asker is not in the room any more */
  async tell(doc: ExportDoc): Promise<void> {
    await this.whileMember(doc, async () => {
      const link = await this.link(doc)
      if (doc.email !== null) await this.mail(doc, doc.email, link)
      else if (doc.userId !== '') await this.emit(doc, link)
    })
  }

  /** Does something that the asker's membership allows; a platform is in every room. */
  whileMember<T>(doc: Pick<ExportDoc, '_id' | 'userId' | 'roomId'>, work: () => Promise<T>): Promise<T> {
    if (doc.userId === '') return work()
    return this.parts.access.during({ userId: doc.userId, requestId: doc._id }, doc.roomId, work)
  }

  /** Opens as long as there is something to open. */
  async link({ _id, path, format, expiresAt, createdAt }: ExportDoc): Promise<Link> {
    const bucket = await this.parts.storage.open()
    const seconds = Math.max(1, Math.floor((expiresAt.getTime() - Date.now()) / 1000))
    const name = `chat-${createdAt.toISOString().slice(0, 10)}-${_id.slice(-6)}.${format.toLowerCase()}`
    const { mediaType } = formats[format]
    const url = await bucket.linkToRead(path, {
      ...{ seconds, mediaType },
      disposition: `attachment; filename="${name}"`,
    })
    return { url, expiresAt: expiresAt.toISOString() }
  }

  /** To every socket of theirs, wherever it is. */
  private async emit({ _id, userId }: ExportDoc, link: Link) {
    this.parts.bus.publishUser(userId, 'exportReady', { exportId: _id, ...link })
    await this.parts.bus.flush()
  }

  private async mail({ _id }: ExportDoc, to: string, { url, expiresAt }: Link) {
    const { mailer } = this.parts
    if (!mailer) return
    await mailer.send({
      to,
      id: _id,
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
  }
}
