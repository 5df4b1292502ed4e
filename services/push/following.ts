import type { Failure, StreamEvent } from '@chat/service'
import { noticeOf, type Task } from './notice.ts'
import type { Notifying } from './notifying.ts'
import type { SettingAside } from './setting-aside.ts'

/** Follows new messages. */
export class Following {
  private readonly notifying: Notifying
  private readonly settingAside: SettingAside
  constructor(notifying: Notifying, settingAside: SettingAside) {
    this.notifying = notifying
    this.settingAside = settingAside
  }

  async take(events: StreamEvent[]): Promise<Failure[]> {
    const byTask = new Map<Task, StreamEvent>()
    for (const event of events) {
      const task = taskOf(event)
      if (task) byTask.set(task, event)
    }
    const failures = await this.notifying.notify([...byTask.keys()])
    return [...failures].map(([task, reason]) => ({ event: byTask.get(task) as StreamEvent, reason }))
  }

  async setAside(event: StreamEvent, reason: unknown, tries: number): Promise<void> {
    const task = taskOf(event)
    if (task) await this.settingAside.put(event.message._id, task, reason, tries)
  }
}

function taskOf({ message }: StreamEvent): Task | null {
  const notice = noticeOf(message)
  return notice && { notice, only: null, isSecond: false }
}
