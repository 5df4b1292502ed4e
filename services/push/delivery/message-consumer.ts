import type { Failure, StreamEvent } from '@chat/service'
import type { DeadLetters } from '../tasks/dead-letters.ts'
import type { LatestNotices } from '../tasks/latest-notices.ts'
import { noticeOf, type Task } from './notice.ts'
import type { Notifier } from './notifier.ts'

/** A message that has waited for longer than this, or comes again, may have been edited since. */
const LATE_MS = 1_000

type Parts = { notifier: Notifier; latestNotices: LatestNotices; settingAside: DeadLetters }

/** Follows new messages. */
export class MessageConsumer {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  async take(events: StreamEvent[]): Promise<Failure[]> {
    const byTask = new Map<Task, StreamEvent>()
    for (const event of events) {
      const task = taskOf(event)
      if (task) byTask.set(task, event)
    }
    const isLate = ([, { message }]: [Task, StreamEvent]) =>
      Date.now() - Date.parse(message.createdAt) > LATE_MS
    await this.parts.latestNotices.bringUpToDate([...byTask].filter(isLate).map(([task]) => task))
    const failures = await this.parts.notifier.notify([...byTask.keys()])
    return [...failures].map(([task, reason]) => ({ event: byTask.get(task) as StreamEvent, reason }))
  }

  async setAside(event: StreamEvent, reason: unknown, tries: number): Promise<void> {
    const task = taskOf(event)
    if (task) await this.parts.settingAside.put(event.message._id, task, reason, tries)
  }
}

function taskOf({ message }: StreamEvent): Task | null {
  const notice = noticeOf(message)
  return notice && { notice, only: null, isSecond: false }
}
