import type { Input } from '@chat/contract'
import type { Bus } from '@chat/service'
import type { Task } from '../delivery/notice.ts'
import type { Audience } from './recipients.ts'

type Room = Input<'listAudiences'>['rooms'][number]
/** A part of a room's members, and everything that they are to be told, in order. */
export type Part = { audience: Audience; tasks: Task[] }

/** Whom messages may reach, as rooms tell it at this moment: a bounded number of members at a time. */
export class AudiencePages {
  private readonly bus: Bus
  constructor(bus: Bus) {
    this.bus = bus
  }

  async *pages(tasks: Task[]): AsyncGenerator<Part[]> {
    const byRoom = Map.groupBy(tasks, ({ notice }) => notice.roomId)
    const rooms = [...byRoom].map(([roomId, own]) => roomOf(roomId, own))
    let from: Input<'listAudiences'>['from']
    do {
      const caller = { userId: '', requestId: crypto.randomUUID() }
      const page = await this.bus.ask('listAudiences', caller, { rooms, ...(from && { from }) })
      yield page.rooms.map((audience) => ({ audience, tasks: byRoom.get(audience.roomId) ?? [] }))
      from = page.next ?? undefined
    } while (from)
  }
}

const roomOf = (roomId: string, tasks: Task[]): Room => ({
  roomId,
  since: Math.min(...tasks.map(({ notice }) => notice.seq)),
  authorIds: [...new Set(tasks.map(({ notice }) => notice.authorId))],
  mentioned: [...new Set(tasks.flatMap(({ notice }) => notice.mentions))],
})
