import { consumeEvents, type Failure, type StreamEvent } from '@chat/service'
import type { Parts } from '../parts.ts'
import { refreshNotices } from '../tasks/latest-notices.ts'
import { noticeOf, type Task } from './notice.ts'
import { notify } from './notifier.ts'

/** An older message may have been edited since: its text is read again. */
const LATE_MS = 1_000
const MAX_BATCH = 500
/** A message that is published again may be older: nobody waits for its push any more. */
const MAX_AGE_MS = 60 * 60 * 1_000

/** Sends the pushes of new messages. A message that fails too often becomes a dead letter. */
export const consumeMessages = (parts: Parts) =>
  consumeEvents({
    bus: parts.bus,
    logger: parts.logger,
    durable: 'push',
    kinds: ['message'],
    startsNow: true,
    maxBatch: MAX_BATCH,
    handle: (events) => handle(parts, events),
    retry: {
      delaysMs: parts.times.retryDelaysMs,
      deadLetter: (event, cause, tries) => addDeadLetter(parts, event, cause, tries),
    },
  })

async function handle(parts: Parts, events: StreamEvent[]): Promise<Failure[]> {
  const byTask = new Map<Task, StreamEvent>()
  for (const event of events) {
    const task = taskOf(event)
    if (task) byTask.set(task, event)
  }
  const isLate = ({ message }: StreamEvent) => Date.now() - Date.parse(message.createdAt) > LATE_MS
  const late = [...byTask].flatMap(([task, event]) => (isLate(event) ? task : []))
  await refreshNotices(parts.bus, late)
  const failures = await notify(parts, [...byTask.keys()])
  return [...failures].map(([task, reason]) => ({ event: byTask.get(task) as StreamEvent, reason }))
}

async function addDeadLetter({ tasks, logger }: Parts, event: StreamEvent, cause: unknown, tries: number) {
  const task = taskOf(event)
  if (!task) return
  const reason = cause instanceof Error ? cause.message : String(cause)
  const { _id, roomId } = event.message
  await tasks.jobs.deadLetters.insert({ _id, ...task }, { tries, lastError: reason })
  logger.error({ roomId, messageId: _id, reason, tries }, 'push is a dead letter: it can be replayed')
}

function taskOf({ message }: StreamEvent): Task | null {
  if (Date.now() - Date.parse(message.createdAt) > MAX_AGE_MS) return null
  const notice = noticeOf(message)
  return notice && { notice, only: null, isSecond: false }
}
