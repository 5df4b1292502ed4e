import type { Bus } from '@chat/service'
import { type Notice, noticeOf, type Task } from '../delivery/notice.ts'

const MESSAGES_PER_REQUEST = 100

/** Reads texts again, since they may have been edited. A notice of a message that is gone stays: rooms excludes it. */
export async function refreshNotices(bus: Bus, tasks: Pick<Task, 'notice'>[]): Promise<void> {
  const notices = new Map<string, Notice>()
  for (let ids = [...new Set(tasks.map(({ notice }) => notice.messageId))]; ids.length > 0; ) {
    const caller = { userId: '', requestId: crypto.randomUUID() }
    const messageIds = ids.slice(0, MESSAGES_PER_REQUEST)
    const { list, left } = await bus.ask('messagesNow', caller, { messageIds })
    ids = [...left, ...ids.slice(MESSAGES_PER_REQUEST)]
    for (const notice of list.flatMap((message) => noticeOf(message) ?? []))
      notices.set(notice.messageId, notice)
  }
  for (const task of tasks) task.notice = notices.get(task.notice.messageId) ?? task.notice
}
