import type { Input, Output } from '@chat/contract'
import type { Logger, Metrics } from '@chat/service'
import type { Task } from '../delivery/notice.ts'
import type { DeadLetterDoc, DeadLetterStore } from './dead-letter-store.ts'
import type { TaskStore } from './task-store.ts'

const PAGE = 100

type Parts = { store: DeadLetterStore; tasks: TaskStore; logger: Logger; metrics: Metrics }

/** What was tried often enough, until somebody has it tried again. */
export class DeadLetters {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  async put(id: string, task: Task, cause: unknown, tries: number): Promise<void> {
    const { store, logger } = this.parts
    const { notice, only, isSecond } = task
    const reason = cause instanceof Error ? cause.message : String(cause)
    await store.put({ _id: id, notice, only, isSecond, reason, tries, at: new Date() })
    const { roomId, messageId } = notice
    logger.error({ id, roomId, messageId, reason, tries }, 'push set aside: it can be replayed')
    await this.measure()
  }

  async list({ after = '', limit = PAGE }: Input<'listSetAside'>): Promise<Output<'listSetAside'>> {
    const { store } = this.parts
    const [page, total] = await Promise.all([store.page(after, limit), store.count()])
    const nextAfter = page.length === limit ? (page.at(-1)?._id ?? null) : null
    return { list: page.map(present), nextAfter, total }
  }

  async get(id: string): Promise<Output<'getSetAside'>['letter']> {
    const [found] = await this.parts.store.byIds([id])
    if (!found) return null
    const { authorId, body } = found.notice
    return { ...present(found), authorId, body, only: found.only }
  }

  /** @returns how many of them there were */
  async drop(ids: string[]): Promise<number> {
    const dropped = await this.parts.store.finish(ids)
    this.parts.logger.info({ ids, dropped }, 'pushes that were set aside are dropped')
    await this.measure()
    return dropped
  }

  /** It becomes a task first: an interruption leaves it in both places, and nobody is told twice. */
  async replay(ids: string[]): Promise<number> {
    const { store, tasks } = this.parts
    const found = await store.byIds(ids)
    for (const { _id, notice, only, isSecond } of found) {
      await tasks.put(_id, { notice, only, isSecond }, new Date())
      await store.finish([_id])
    }
    await this.measure()
    return found.length
  }

  async measure() {
    this.parts.metrics.pushesSetAside.set(await this.parts.store.count())
  }
}

const present = ({ _id, notice, reason, tries, at }: DeadLetterDoc) => ({
  id: _id,
  roomId: notice.roomId,
  messageId: notice.messageId,
  ...{ reason, tries },
  setAsideAt: at.toISOString(),
})
