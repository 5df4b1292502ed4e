import type { Device } from '../devices/devices.ts'
import type { Parts } from '../parts.ts'
import { type AudiencePart, audiencePages, candidatesOf } from '../recipients/recipients.ts'
import { usersInRooms } from '../recipients/room-presence.ts'
import type { Task } from './notice.ts'

/** A task, and those of its devices that belong to one part of the room's members. */
type Target = { task: Task; title: string; devices: Device[] }
type Failures = Map<Task, string>

/** Sends pushes to who wants them; devices that have theirs are skipped. @returns the failed tasks and the reasons */
export async function notify(parts: Parts, tasks: Task[]): Promise<Failures> {
  const failures: Failures = new Map()
  if (tasks.length === 0) return failures
  const roomIds = new Set(tasks.map(({ notice }) => notice.roomId))
  // Presence takes a while, and a member who is kicked meanwhile must get no push: members are read last.
  const present = await usersInRooms(parts.bus, [...roomIds], parts.times.presenceMs)
  for await (const page of audiencePages(parts.bus, tasks)) {
    const absent = await postponePresent(parts, await findTargets(parts, page), present)
    for (const [task, reason] of await send(parts, absent)) failures.set(task, reason)
  }
  return failures
}

async function findTargets({ preferences, devices }: Parts, page: AudiencePart[]): Promise<Target[]> {
  const candidates = page.flatMap(({ audience, tasks }) =>
    tasks.map((task) => ({ task, title: audience.name, ...candidatesOf(task, audience) })),
  )
  const willing = await preferences.wantMentions(candidates.flatMap(({ mentioned }) => mentioned))
  const wanted = candidates.map(({ task, title, alarmed, mentioned }) => {
    return { task, title, userIds: [...alarmed, ...mentioned.filter((userId) => willing.has(userId))] }
  })
  const byUser = await devices.byUser(wanted.flatMap(({ userIds }) => userIds))
  return wanted.map(({ task, title, userIds }) => {
    return { task, title, devices: userIds.flatMap((userId) => byUser.get(userId) ?? []) }
  })
}

/** Users who have the room open, as far as gateways know, get no push now but a second look. @returns the others */
async function postponePresent(parts: Parts, targets: Target[], present: Map<string, Set<string>>) {
  const { tasks, times } = parts
  const secondLooks: Task[] = []
  const absent = targets.map(({ task, title, devices }): Target => {
    const users = present.get(task.notice.roomId) ?? new Set()
    const only = new Set(devices.map(({ userId }) => userId)).intersection(users)
    if (only.size > 0 && !task.isSecond)
      secondLooks.push({ notice: task.notice, only: [...only], isSecond: true })
    return { task, title, devices: devices.filter(({ userId }) => !only.has(userId)) }
  })
  await tasks.add(secondLooks, new Date(Date.now() + times.secondLookMs))
  return absent.filter(({ devices }) => devices.length > 0)
}

async function send({ badges, delivery }: Parts, targets: Target[]): Promise<Failures> {
  const counts = await badges.including(
    targets.flatMap(({ task: { notice }, devices }) =>
      [...new Set(devices.map(({ userId }) => userId))].map((userId) => ({ userId, ...notice })),
    ),
  )
  const failures: Failures = new Map()
  for (const wave of wavesOf(targets)) {
    const undelivered = await delivery.deliver(pushesOf(wave, counts))
    for (const { push, reason } of undelivered) failures.set(push.task, reason)
  }
  return failures
}

/** Each room's last message follows its others: it is the one that a device shows in the end. */
function wavesOf(targets: Target[]): Target[][] {
  const byRoom = [...Map.groupBy(targets, ({ task }) => task.notice.roomId).values()]
  return [byRoom.flatMap((own) => own.slice(0, -1)), byRoom.flatMap((own) => own.slice(-1))]
}

/** One by one: messages times devices may be more than fits into memory. */
function* pushesOf(wave: Target[], counts: Map<string, number>) {
  for (const { task, title, devices } of wave) {
    const { roomId, messageId, body } = task.notice
    for (const device of devices) {
      const badge = counts.get(device.userId) ?? 0
      yield { task, device, content: { kind: 'message' as const, title, body, roomId, messageId, badge } }
    }
  }
}
