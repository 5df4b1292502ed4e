import { consumeEvents, type Failure, type StreamEvent } from '@chat/service'
import type { Parts } from '../parts.ts'
import { refreshNotices } from '../tasks/latest-notices.ts'
import { isTooOld, noticeOf, type Task } from './notice.ts'
import { notify } from './notifier.ts'

/** An older message may have been edited since: its text is read again. */
const LATE_MS = 1_000

/** Sends the pushes of new messages. What fails becomes a task. */
export const consumeMessages = (parts: Parts) =>
  consumeEvents({
    ...{ bus: parts.bus, logger: parts.logger, connection: parts.mongo, name: 'push' },
    kinds: ['message'],
    starts: 'now',
    handle: (events) => handleMessages(parts, events),
    setAside: (failures) => setAside(parts, failures),
  })

/** @param isReplay whether an operator wants them to be pushed, however old they are */
export async function handleMessages(
  parts: Parts,
  events: StreamEvent[],
  isReplay = false,
): Promise<Failure[]> {
  if (!(await parts.devices.areUsed())) return []
  const byTask = new Map<Task, StreamEvent>()
  // An event that is published again may come together with the first one.
  for (const event of new Map(events.map((each) => [each.message._id, each])).values()) {
    const task = taskOf(event)
    if (task && (isReplay || !isTooOld(task.notice))) byTask.set(task, event)
  }
  const isLate = ({ message }: StreamEvent) => Date.now() - Date.parse(message.createdAt) > LATE_MS
  const late = [...byTask].flatMap(([task, event]) => (isLate(event) ? task : []))
  await refreshNotices(parts.bus, late)
  const failures = await notify(parts, [...byTask.keys()])
  return [...failures].map(([task, reason]) => ({ event: byTask.get(task) as StreamEvent, reason }))
}

/** A push that failed becomes a task; an event of which none can be made is kept as it is. Both are tried again. */
async function setAside(
  { tasks, failedEvents, logger, times }: Parts,
  failures: Parameters<Parts['failedEvents']['add']>[0],
) {
  const dueAt = new Date(Date.now() + (times.retryDelaysMs[0] ?? 0))
  const { isMade = [], isNot = [] } = Object.groupBy(failures, ({ event }) =>
    isWellFormed(event) ? 'isMade' : 'isNot',
  )
  const failed = isMade.flatMap(({ event, reason }) => {
    const task = taskOf(event)
    return task ? { ...task, reason: reason instanceof Error ? reason.message : String(reason) } : []
  })
  const [first] = failed
  if (first) {
    logger.warn({ pushes: failed.length, reason: first.reason }, 'pushes failed, will be tried again')
    await tasks.addFailed(failed, dueAt)
  }
  await failedEvents.add(isNot)
}

function isWellFormed(event: StreamEvent): boolean {
  try {
    taskOf(event)
    return true
  } catch {
    return false
  }
}

function taskOf({ message }: StreamEvent): Task | null {
  const notice = noticeOf(message)
  return notice && { notice, only: null, isSecond: false }
}
