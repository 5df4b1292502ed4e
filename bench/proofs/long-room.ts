import { type Message, messageId } from '@chat/contract'
import { connectAs } from '@chat/testing'
import { fillRoom } from '../bulk.ts'
import { examine, problemOf, recordQueries } from '../queries.ts'
import { print } from '../report.ts'
import { databasesOf, fastest, type Ground, makeRoom } from './proof.ts'

const COUNT = 200_000
const PAGE = 50
const RUNS = 30
const MAX_RATIO = 3

/** A page of a long room costs the same wherever it is. */
export async function proveLongRoom(ground: Ground) {
  const { stack, verdicts } = ground
  const databases = databasesOf(ground)
  const sampleId = await makeRoom(ground, 'sample', ['alice'])
  const roomId = await makeRoom(ground, 'long', ['alice'])
  const alice = await connectAs(stack, 'alice')
  const data = { type: 'TEXT', content: 'A message of ordinary length, to be copied very often.' }
  await alice.get('sendMessage', { roomId: sampleId, syncKey: 'first', data })
  print(`      storing ${COUNT} messages`)
  await fillRoom(databases, sampleId, roomId, COUNT)

  const places = {
    end: {},
    middle: { lastMessageId: messageId(roomId, COUNT / 2) },
    start: { afterMessageId: messageId(roomId, 1) },
  }
  const took: Record<string, number> = {}
  for (const [place, anchor] of Object.entries(places)) {
    const page = async () => {
      const { list } = await alice.get<{ list: Message[] }>('listenMessagesByRoom', {
        roomId,
        count: PAGE,
        ...anchor,
      })
      if (list.length !== PAGE) throw new Error(`a page of ${list.length}`)
    }
    const examined = await Promise.all((await recordQueries(page)).map(examine))
    const pages = examined.filter(({ name }) => name === 'messages by _id')
    verdicts.claim(
      `a page at the ${place} of ${COUNT} messages reads what it returns, by indexes`,
      pages.length > 0 && examined.every((each) => problemOf(each) === null),
      pages.map((e) => `${e.docs} examined for ${e.returned} (${e.stages.join(' < ')})`).join(', '),
    )
    took[place] = await fastest(RUNS, page)
  }
  const { end = 0, middle = 0, start = 0 } = took
  verdicts.claim(
    `pages in the middle and at the start take at most ${MAX_RATIO} times as long as at the end`,
    Math.max(middle, start) <= MAX_RATIO * end,
    `end ${end.toFixed(1)} ms, middle ${middle.toFixed(1)} ms, start ${start.toFixed(1)} ms`,
  )
  alice.close()
}
