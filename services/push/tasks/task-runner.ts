import { type Logger, Periodic } from '@chat/service'
import type { Task } from '../delivery/notice.ts'
import type { Notifier } from '../delivery/notifier.ts'
import type { Times } from '../times.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { LatestNotices } from './latest-notices.ts'
import type { TaskDoc, TaskStore } from './task-store.ts'

const AT_ONCE = 100
/** Who says nothing for so long is dead, and the tasks are another's. */
const CLAIMED_MS = 30_000

const claimedUntil = () => new Date(Date.now() + CLAIMED_MS)

type Parts = {
  tasks: TaskStore
  notifier: Notifier
  latestNotices: LatestNotices
  settingAside: DeadLetters
  logger: Logger
  times: Pick<Times, 'roundMs' | 'triesMs'>
}

/** Goes round and does the tasks whose time has come. Any number of instances may. */
export class TaskRunner {
  private readonly parts: Parts
  private readonly periodic: Periodic

  constructor(parts: Parts) {
    this.parts = parts
    this.periodic = new Periodic(
      parts.times.roundMs,
      () => this.round(),
      (err) => parts.logger.warn({ err }, 'pushes that were due not sent, will try again'),
    )
  }

  close() {
    return this.periodic.close()
  }

  private async round() {
    for (let isMore = true; isMore && !this.periodic.isClosed; ) {
      const due = await this.parts.tasks.claim(AT_ONCE, claimedUntil())
      const holding = setInterval(() => void this.hold(due), CLAIMED_MS / 3)
      await this.work(due).finally(() => clearInterval(holding))
      isMore = due.length === AT_ONCE
    }
  }

  private async hold(due: TaskDoc[]) {
    const { tasks, logger } = this.parts
    await tasks.hold(due, claimedUntil()).catch((err) => logger.warn({ err }, 'tasks not held'))
  }

  private async work(due: TaskDoc[]) {
    const failures = await this.attempt(due)
    const [failed, done] = [
      due.filter((task) => failures.has(task)),
      due.filter((task) => !failures.has(task)),
    ]
    await this.parts.tasks.finish(done.map(({ _id }) => _id))
    for (const task of failed) await this.retry(task, failures.get(task))
  }

  private async attempt(due: TaskDoc[]): Promise<Map<Task, unknown>> {
    try {
      await this.parts.latestNotices.bringUpToDate(due)
      return await this.parts.notifier.notify(due)
    } catch (err) {
      this.parts.logger.warn({ err, tasks: due.length }, 'pushes that were due not sent, will try again')
      return new Map(due.map((task) => [task, err]))
    }
  }

  private async retry(task: TaskDoc, reason: unknown) {
    const { tasks, settingAside, times } = this.parts
    const delayMs = times.triesMs[task.tries]
    if (delayMs !== undefined || this.periodic.isClosed)
      return tasks.postpone(task._id, new Date(Date.now() + (delayMs ?? 0)))
    await settingAside.put(task._id, task, reason, task.tries + 1)
    await tasks.finish([task._id])
  }
}
