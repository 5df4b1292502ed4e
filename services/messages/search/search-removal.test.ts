import { Fault } from '@chat/contract'
import { expect, test } from '@jest/globals'
import { searchMessages } from './message-search.ts'

const caller = { userId: 'ben', requestId: 'test' }
const docs = ['left', 'kept'].map((roomId, index) => ({
  _id: `${roomId}-0000000001`,
  roomId,
  createdAt: new Date(index),
  data: { type: 'TEXT', content: { text: '회의' } },
}))

/** Searches while the rooms service answers each list of the caller's rooms in turn. @returns the rooms of the results */
async function searchWhile(...answers: string[][]) {
  const isMember = (roomId: string) => answers.at(-1)?.includes(roomId)
  let asked = 0
  const parts = {
    bus: { ask: async () => ({ roomIds: answers[Math.min(asked++, answers.length - 1)] }) },
    access: {
      enterAll: async (_caller: unknown, roomIds: string[]) => {
        if (!roomIds.every(isMember)) throw new Fault('ROOM_NO_EXISTS')
        return { [Symbol.dispose]: () => {} }
      },
    },
    searchReader: {
      candidates: async function* (question: { roomIds: Promise<string[]> }) {
        const roomIds = await question.roomIds
        yield docs.filter((doc) => roomIds.includes(doc.roomId))
      },
    },
    store: { byIds: async (ids: string[]) => docs.filter((doc) => ids.includes(doc._id)) },
    presenter: { asSeenBy: async (_caller: unknown, shown: object[]) => shown },
  }
  const { list } = await searchMessages(parts as never, caller, { keyword: '회의' })
  return list.map(({ roomId }) => roomId)
}

// Stand-ins: a removal at exactly that moment cannot be arranged otherwise.
test('a user who is removed from a room during a search gets no results from it', async () => {
  expect(await searchWhile(['left', 'kept'])).toEqual(['left', 'kept'])
  expect(await searchWhile(['left', 'kept'], ['kept'])).toEqual(['kept'])
  expect(await searchWhile(['left'], [])).toEqual([])
})
