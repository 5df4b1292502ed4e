import type { Bus } from '@chat/service'

/** Asks all gateways which users have these rooms open. Rooms that nobody has open are left out. */
export async function usersInRooms(bus: Bus, roomIds: string[], waitMs: number) {
  const users = new Map<string, Set<string>>()
  const done = Promise.withResolvers<void>()
  const inbox = bus.openInbox()
  const awaited = new Set(roomIds.keys())
  const replies = bus.subscribe(`${inbox}.*`, (reply) => {
    const index = Number(reply.subject.slice(inbox.length + 1))
    const roomId = roomIds[index] as string
    // Where no gateway has the room open, the NATS server says so at once, with no data.
    if (reply.data.length === 0) awaited.delete(index)
    else users.set(roomId, new Set([...(users.get(roomId) ?? []), ...reply.json<string[]>()]))
    if (awaited.size === 0) done.resolve()
  })
  for (const [index, roomId] of roomIds.entries())
    bus.connection.publish(bus.subjects.roomPresence(roomId), '', { reply: `${inbox}.${index}` })
  const timer = setTimeout(done.resolve, waitMs)
  if (awaited.size > 0) await done.promise
  clearTimeout(timer)
  replies.unsubscribe()
  return users
}
