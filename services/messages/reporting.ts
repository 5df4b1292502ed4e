import type { Caller, Input } from '@chat/contract'
import type { AccessCache } from './access.ts'
import { findVisible } from './finding.ts'
import type { Reports } from './report-store.ts'
import { presentMessage, type Store } from './store.ts'

/** What members bring to the platform's notice. */
export class Reporting {
  private readonly store: Store
  private readonly reports: Reports
  private readonly access: AccessCache
  constructor(store: Store, reports: Reports, access: AccessCache) {
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
