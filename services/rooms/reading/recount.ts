import { type Caller, Fault, type Output } from '@chat/contract'
import { publishMentions } from '../mentions/mention-events.ts'
import { replaceMentions } from '../mentions/unread-mentions.ts'
import type { Parts } from '../parts.ts'
import type { Mark } from '../store/documents.ts'
import { replaceMarks } from './uncounted-messages.ts'

const ROOMS_PER_PAGE = 500
/** What another process marked this long before a recount began may have been invisible to it. */
const CLOCK_SKEW_MS = 60_000

type SurveyedMentions = Output<'surveyMessages'>['mentions']
/** What a survey of the messages up to `afterSeq` has found. */
type Surveyed = { afterSeq: number; lastGone: number; lastMention: number }

/**
 * Rebuilds from the messages what rooms derives from them: last message, uncounted messages and mentions of one room. The
 * stream gets the events that it lacks, from which cursors, search and files follow. @throws ROOM_NO_EXISTS
 */
export async function recountRoom(parts: Parts, caller: Caller, roomId: string) {
  const { store, bus } = parts
  const began = new Date(Date.now() - CLOCK_SKEW_MS).toISOString()
  await bus.ask('lastMessageOf', caller, roomId)
  const { marks, mentions, lastSeq } = await survey(parts, caller, roomId)
  const haveMarksChanged = await replaceMarks(store, roomId, marks, began)
  const gone = marks.filter(({ isGone }) => isGone)
  const corrected = await replaceMentions(store, roomId, mentions, began)
  await publishMentions(parts, corrected)
  const hasLastChanged = await resetLast(parts, caller, roomId, {
    afterSeq: lastSeq,
    lastGone: gone.at(-1)?.seq ?? 0,
    lastMention: mentions.at(-1)?.seq ?? 0,
  })
  const isChanged = haveMarksChanged || hasLastChanged || corrected.length > 0
  if (isChanged) bus.publishRoom(roomId, 'gone', {})
  return { lastSeq, gone: gone.length, isChanged }
}

/** Repeats itself until no message arrives between reading and writing. @returns whether the room was wrong */
async function resetLast(parts: Parts, caller: Caller, roomId: string, surveyed: Surveyed): Promise<boolean> {
  const { store, bus } = parts
  const { afterSeq, lastGone, lastMention } = surveyed
  const room = await store.rooms.getAny(roomId)
  if (!room) throw new Fault('ROOM_NO_EXISTS')
  const { lastMessage } = await bus.ask('surveyMessages', caller, { roomId, afterSeq })
  const lastSeq = lastMessage?.seq ?? 0
  const isRight =
    room.lastSeq === lastSeq &&
    room.lastMessage?.updatedAt === lastMessage?.updatedAt &&
    (room.lastGone ?? 0) >= lastGone &&
    (room.lastMention ?? 0) >= lastMention
  if (isRight) return false
  const isWritten = await store.rooms.resetDerived(room, { lastSeq, lastMessage, lastGone, lastMention })
  return isWritten || resetLast(parts, caller, roomId, surveyed)
}

async function survey({ bus }: Parts, caller: Caller, roomId: string) {
  const marks: Mark[] = []
  const mentions: SurveyedMentions = []
  for (let afterSeq = 0; ; ) {
    const page = await bus.ask('surveyMessages', caller, { roomId, afterSeq })
    marks.push(...page.marks)
    mentions.push(...page.mentions)
    if (page.nextSeq === null) return { lastSeq: page.lastMessage?.seq ?? 0, marks, mentions }
    afterSeq = page.nextSeq
  }
}

/** A page of all rooms, and how many there are. */
export async function listRoomIds({ store }: Parts, after = ''): Promise<Output<'listRoomIds'>> {
  return { roomIds: await store.rooms.idsAfter(after, ROOMS_PER_PAGE), total: await store.rooms.count() }
}
