import type { Output, Room } from '@chat/contract'
import { eventually } from '@chat/testing'
import type { Db } from 'mongodb'
import type { Member } from './member.ts'
import type { Acked } from './traffic.ts'

type Stored = { seq: number; syncKey: string }
type Cursor = { userId: string; readSeq: number }

/** Differences between a room's stored and acked messages: lost, doubled, never acked, or a gap. */
export async function findLosses(messages: Db, roomId: string, acked: Acked): Promise<string[]> {
  const stored = await messages.collection<Stored>('messages').find({ roomId }).sort({ _id: 1 }).toArray()
  const counts = new Map<string, number>()
  for (const { syncKey } of stored) counts.set(syncKey, (counts.get(syncKey) ?? 0) + 1)
  const own = [...acked].filter(([, { message }]) => message.roomId === roomId)
  return [
    ...stored.filter(({ seq }, index) => seq !== index + 1).map(({ seq }) => `${roomId}: gap before ${seq}`),
    ...[...counts].filter(([, count]) => count > 1).map(([key]) => `${roomId}: ${key} is there twice`),
    ...own.filter(([key]) => !counts.has(key)).map(([key]) => `${roomId}: ${key} was acked and is not there`),
    ...[...counts].filter(([key]) => !acked.has(key)).map(([key]) => `${roomId}: ${key} was never acked`),
  ]
}

/** Messages that a member missed, or received out of order. */
export async function findGaps(member: Member, lastSeq: number): Promise<string[]> {
  await member.ready()
  const isComplete = () => {
    if (member.messages.size < lastSeq) throw new Error(`${member.messages.size} of ${lastSeq}`)
  }
  const missing = await eventually(isComplete).then(
    () => [],
    (error: Error) => [`${member.userId} has ${error.message}`],
  )
  return [...member.complaints, ...missing]
}

/** Unread counts that differ from what counting gives. */
export async function findMiscounts(rooms: Db, member: Member, lastSeq: number): Promise<string[]> {
  const { userId, roomId, client } = member
  const counted = async () => {
    const cursor = await rooms.collection<Cursor>('members').findOne({ roomId, userId })
    const answer = await client.ask<Output<'listenRooms'>>('listenRooms', {})
    const told = answer?.list.find(({ _id }: Room) => _id === roomId)
    const unread = lastSeq - (cursor?.readSeq ?? 0)
    if (told?.unReadMsgCount !== unread || told.lastSeq !== lastSeq)
      throw new Error(
        `${userId} is told ${told?.unReadMsgCount} of ${told?.lastSeq}, not ${unread} of ${lastSeq}`,
      )
  }
  return eventually(counted).then(
    () => [],
    (error: Error) => [error.message],
  )
}

/** Files that differ from the files that were sent. */
export async function findDamages({ client, roomId }: Pick<Member, 'client' | 'roomId'>, acked: Acked) {
  const damaged: string[] = []
  for (const { message, data } of acked.values()) {
    const path = message.data.content.files?.[0]?.path
    if (!data || message.roomId !== roomId || !path) continue
    const link = await client.ask<{ url: string }>('getFileUrl', { roomId, path })
    const bytes = link && Buffer.from(await (await fetch(link.url)).arrayBuffer())
    if (!bytes?.equals(data)) damaged.push(`${path} is not what was sent`)
  }
  return damaged
}
