import { type Bus, consumeEvents, type Failure, type Logger, type StreamEvent } from '@chat/service'
import type { LatestNotices } from '../tasks/latest-notices.ts'
import type { TaskStore } from '../tasks/task-store.ts'
import { noticeOf, type Task } from './notice.ts'
import type { Notifier } from './notifier.ts'

/** An older message may have been edited since: its text is read again. */
const LATE_MS = 1_000
/** Messages held at a time. */
const MAX_BATCH = 500

type Parts = {
  bus: Bus
  notifier: Notifier
  latestNotices: LatestNotices
  tasks: TaskStore
  logger: Logger
  /** The pauses between tries. */
  triesMs: number[]
}

/** Sends the pushes of new messages. A message that fails too often becomes a dead letter. */
export const consumeMessages = (parts: Parts) =>
  consumeEvents({
    bus: parts.bus,
    logger: parts.logger,
    durable: 'push',
    kinds: ['message'],
    startsNow: true,
    maxBatch: MAX_BATCH,
    handle: (events) => push(parts, events),
    retry: {
      delaysMs: parts.triesMs,
      deadLetter: (event, reason, tries) => addDeadLetter(parts, event, reason, tries),
    },
  })

async function push({ notifier, latestNotices }: Parts, events: StreamEvent[]): Promise<Failure[]> {
  const byTask = new Map<Task, StreamEvent>()
  for (const event of events) {
    const task = taskOf(event)
    if (task) byTask.set(task, event)
  }
  const late = [...byTask].filter(([, { message }]) => Date.now() - Date.parse(message.createdAt) > LATE_MS)
  await latestNotices.bringUpToDate(late.map(([task]) => task))
  const failures = await notifier.notify([...byTask.keys()])
  return [...failures].map(([task, reason]) => ({ event: byTask.get(task) as StreamEvent, reason }))
}

async function addDeadLetter({ tasks, logger }: Parts, event: StreamEvent, cause: unknown, tries: number) {
  const task = taskOf(event)
  if (!task) return
  const lastError = cause instanceof Error ? cause.message : String(cause)
  const { _id, roomId } = event.message
  await tasks.jobs.deadLetters.insert({ _id, ...task }, { tries, lastError })
  logger.error(
    { roomId, messageId: _id, reason: lastError, tries },
    'push is a dead letter: it can be replayed',
  )
}

function taskOf({ message }: StreamEvent): Task | null {
  const notice = noticeOf(message)
  return notice && { notice, only: null, isSecond: false }
}
