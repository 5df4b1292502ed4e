import { type Caller, Fault, type Output } from '@chat/contract'
import { publishMentions, replaceMentions } from '../mentions/unread-mentions.ts'
import type { Operation, Parts } from '../parts.ts'
import { replaceMarks } from './uncounted-messages.ts'

const ROOMS_PER_PAGE = 500
/** How much the clocks of processes may differ. */
const CLOCK_SKEW_MS = 60_000

type Survey = Pick<Output<'surveyMessages'>, 'marks' | 'mentions'> & { lastSeq: number }

/** Rebuilds what is derived from messages. The stream gets the events that it lacks. @throws ROOM_NO_EXISTS */
export const recountRoom: Operation<'recountRoom'> = async (parts, caller, roomId) => {
  const { store, bus } = parts
  const began = new Date(Date.now() - CLOCK_SKEW_MS).toISOString()
  await bus.ask('lastMessageOf', caller, roomId)
  const found = await survey(parts, caller, roomId)
  const haveMarksChanged = await replaceMarks(store, roomId, found.marks, began)
  const corrected = await replaceMentions(store, roomId, found.mentions, began)
  await publishMentions(parts, corrected)
  const hasLastChanged = await resetLast(parts, caller, roomId, found)
  const isChanged = haveMarksChanged || hasLastChanged || corrected.length > 0
  if (isChanged) bus.publishRoom(roomId, 'gone', {})
  return { lastSeq: found.lastSeq, gone: found.marks.filter(({ isGone }) => isGone).length, isChanged }
}

/** Repeats itself until no message arrives between reading and writing. @returns whether the room was wrong */
async function resetLast(parts: Parts, caller: Caller, roomId: string, found: Survey): Promise<boolean> {
  const { store, bus } = parts
  const lastGone = found.marks.findLast(({ isGone }) => isGone)?.seq ?? 0
  const lastMention = found.mentions.at(-1)?.seq ?? 0
  const room = await store.rooms.getAny(roomId)
  if (!room) throw new Fault('ROOM_NO_EXISTS')
  const { lastMessage } = await bus.ask('surveyMessages', caller, { roomId, afterSeq: found.lastSeq })
  const lastSeq = lastMessage?.seq ?? 0
  const isRight =
    room.lastSeq === lastSeq &&
    room.lastMessage?.updatedAt === lastMessage?.updatedAt &&
    (room.lastGone ?? 0) >= lastGone &&
    (room.lastMention ?? 0) >= lastMention
  if (isRight) return false
  const isWritten = await store.rooms.resetDerived(room, { lastSeq, lastMessage, lastGone, lastMention })
  return isWritten || resetLast(parts, caller, roomId, found)
}

async function survey({ bus }: Parts, caller: Caller, roomId: string): Promise<Survey> {
  const marks: Survey['marks'] = []
  const mentions: Survey['mentions'] = []
  for (let afterSeq = 0; ; ) {
    const page = await bus.ask('surveyMessages', caller, { roomId, afterSeq })
    marks.push(...page.marks)
    mentions.push(...page.mentions)
    if (page.nextSeq === null) return { lastSeq: page.lastMessage?.seq ?? 0, marks, mentions }
    afterSeq = page.nextSeq
  }
}

export const listRoomIds: Operation<'listRoomIds'> = async ({ store }, _caller, { after = '' }) => ({
  roomIds: await store.rooms.idsAfter(after, ROOMS_PER_PAGE),
  total: await store.rooms.count(),
})
