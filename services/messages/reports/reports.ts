import type { Caller, Input } from '@chat/contract'
import { findVisible } from '../read/visible-message.ts'
import type { AccessCache } from '../send/access-cache.ts'
import { type MessageStore, presentMessage } from '../send/message-store.ts'
import type { ReportStore } from './report-store.ts'

/** What members bring to the platform's notice. */
export class Reports {
  private readonly store: MessageStore
  private readonly reports: ReportStore
  private readonly access: AccessCache
  constructor(store: MessageStore, reports: ReportStore, access: AccessCache) {
    this.store = store
    this.reports = reports
    this.access = access
  }

  /** Once per reporter and message. The report keeps what was seen, whatever becomes of the message. */
  async report(caller: Caller, { reason, ...place }: Input<'reportMessage'>): Promise<void> {
    await this.access.during(caller, place.roomId, async (access) => {
      const doc = await findVisible(this.store, place, access)
      await this.reports.add({
        ...place,
        reporterId: caller.userId,
        reason,
        message: presentMessage(doc),
        createdAt: new Date(),
      })
    })
  }
}
