import type { Badges } from '../badges/badges.ts'
import type { Device } from '../devices/device-store.ts'
import type { Devices } from '../devices/devices.ts'
import type { PreferenceStore } from '../devices/preference-store.ts'
import type { AudiencePages, Part } from '../recipients/audience-pages.ts'
import { candidatesOf } from '../recipients/recipients.ts'
import type { RoomPresence } from '../recipients/room-presence.ts'
import type { TaskStore } from '../tasks/task-store.ts'
import type { Task } from './notice.ts'
import type { PushDelivery } from './push-delivery.ts'

/** A message on its way to the devices of some of a room's people. */
type Reached = { task: Task; title: string; devices: Device[] }
type Failures = Map<Task, string>

const PORTION = 2_000

type Parts = {
  audiences: AudiencePages
  devices: Devices
  preferences: PreferenceStore
  presence: RoomPresence
  tasks: TaskStore
  badges: Badges
  pushDelivery: PushDelivery
  secondLookMs: number
}

/** Decides who is told of messages, at the moment at which it is done, and tells them. */
export class Notifier {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Any task may come again: nobody is told twice. @returns what did not work for all */
  async notify(tasks: Task[]): Promise<Failures> {
    const { devices, presence, audiences } = this.parts
    const failures: Failures = new Map()
    if (tasks.length === 0 || !(await devices.areUsed())) return failures
    // This takes a while, and who was kicked meanwhile is not to be told: what rooms say comes last.
    const present = await presence.inRooms([...new Set(tasks.map(({ notice }) => notice.roomId))])
    for await (const page of audiences.pages(tasks)) {
      for (const [task, reason] of await this.tell(await this.reach(page), present))
        failures.set(task, reason)
    }
    return failures
  }

  /** Devices are looked up for those alone who are to be told. */
  private async reach(page: Part[]): Promise<Reached[]> {
    const candidates = page.flatMap(({ audience, tasks }) =>
      tasks.map((task) => ({ task, title: audience.name, ...candidatesOf(task, audience) })),
    )
    const willing = await this.parts.preferences.wantMentions(
      candidates.flatMap(({ mentioned }) => mentioned),
    )
    const wanted = candidates.map(({ task, title, alarmed, mentioned }) => ({
      ...{ task, title },
      userIds: [...alarmed, ...mentioned.filter((userId) => willing.has(userId))],
    }))
    const devices = await this.parts.devices.byUser(wanted.flatMap(({ userIds }) => userIds))
    return wanted
      .map(({ task, title, userIds }) => ({
        ...{ task, title },
        devices: userIds.flatMap((userId) => devices.get(userId) ?? []),
      }))
      .filter((reached) => reached.devices.length > 0)
  }

  /** Whoever has the room open sees the message there, as far as edges know: they are looked at once more. */
  private async tell(reached: Reached[], present: Map<string, Set<string>>): Promise<Failures> {
    if (reached.length === 0) return new Map()
    const { tasks, secondLookMs } = this.parts
    const isPresent = ({ task }: Reached, { userId }: Device) =>
      present.get(task.notice.roomId)?.has(userId) ?? false
    const withheld = reached.flatMap((each): Task[] => {
      const { notice, isSecond } = each.task
      const only = each.devices.filter((device) => isPresent(each, device)).map(({ userId }) => userId)
      return only.length > 0 && !isSecond ? [{ notice, only: [...new Set(only)], isSecond: true }] : []
    })
    await tasks.add(withheld, new Date(Date.now() + secondLookMs))
    return this.push(
      reached.map((each) => ({
        ...each,
        devices: each.devices.filter((device) => !isPresent(each, device)),
      })),
    )
  }

  private async push(reached: Reached[]): Promise<Failures> {
    const { badges, pushDelivery } = this.parts
    const counts = await badges.with(
      reached.flatMap(({ task: { notice }, devices }) =>
        [...new Set(devices.map(({ userId }) => userId))].map((userId) => ({ userId, ...notice })),
      ),
    )
    const failures: Failures = new Map()
    for (const some of wavesOf(reached).flatMap(portionsOf)) {
      const pushes = some.flatMap(({ task, title, devices }) =>
        devices.map((device) => {
          const { roomId, messageId, body } = task.notice
          const badge = counts.get(device.userId) ?? 0
          return {
            task,
            device,
            content: { kind: 'message' as const, title, body, roomId, messageId, badge },
          }
        }),
      )
      const undelivered = await pushDelivery.deliver(pushes)
      for (const { push, reason } of undelivered) failures.set(push.task, reason)
    }
    return failures
  }
}

/** Each room's last message after its others, in whatever order those get there: what a device shows in the end is the last. */
function wavesOf(reached: Reached[]): Reached[][] {
  const byRoom = [...Map.groupBy(reached, ({ task }) => task.notice.roomId).values()]
  const waves = [byRoom.flatMap((own) => own.slice(0, -1)), byRoom.flatMap((own) => own.slice(-1))]
  return waves.filter((wave) => wave.length > 0)
}

/** However many people are told of however many messages, so many pushes at most are held at a time. */
function portionsOf(wave: Reached[]): Reached[][] {
  const portions: Reached[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const each of wave) {
    size += each.devices.length
    if (size > PORTION) {
      portions.push([])
      size = each.devices.length
    }
    portions.at(-1)?.push(each)
  }
  return portions
}
