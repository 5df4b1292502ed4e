import type { Bus } from '@chat/service'
import { type Notice, noticeOf, type Task } from '../delivery/notice.ts'

const AT_ONCE = 100

/** What is told late says what the message says by then: it may have been edited meanwhile. */
export class LatestNotices {
  private readonly bus: Bus
  constructor(bus: Bus) {
    this.bus = bus
  }

  async bringUpToDate(late: Pick<Task, 'notice'>[]): Promise<void> {
    const notices = new Map<string, Notice>()
    for (let ids = [...new Set(late.map(({ notice }) => notice.messageId))]; ids.length > 0; ) {
      const caller = { userId: '', requestId: crypto.randomUUID() }
      const messageIds = ids.slice(0, AT_ONCE)
      const { list, left } = await this.bus.ask('messagesNow', caller, { messageIds })
      ids = [...left, ...ids.slice(AT_ONCE)]
      // What is gone by now is left as it was: rooms know it, and nobody is told.
      for (const notice of list.flatMap((message) => noticeOf(message) ?? []))
        notices.set(notice.messageId, notice)
    }
    for (const task of late) task.notice = notices.get(task.notice.messageId) ?? task.notice
  }
}
