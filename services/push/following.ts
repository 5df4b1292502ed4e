import type { Failure, StreamEvent } from '@chat/service'
import { noticeOf, type Task } from './notice.ts'
import type { Notifying } from './notifying.ts'
import type { Restating } from './restating.ts'
import type { SettingAside } from './setting-aside.ts'

/** A message that has waited for longer than this, or comes again, may have been edited since. */
const LATE_MS = 1_000

type Parts = { notifying: Notifying; restating: Restating; settingAside: SettingAside }

/** Follows new messages. */
export class Following {
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
    await this.parts.restating.bringUpToDate([...byTask].filter(isLate).map(([task]) => task))
    const failures = await this.parts.notifying.notify([...byTask.keys()])
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
