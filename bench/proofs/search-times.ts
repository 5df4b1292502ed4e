import type { Message } from '@chat/contract'
import type { PlainClient } from '@chat/testing'
import type { Ground } from './proof.ts'
import { FREQUENT, RARE } from './sample-texts.ts'

const ABSENT = '쿼카'
const RUNS = 300
const WITHIN_MS = 100

type Page = { list: Message[] }

/** Beside each search, a read of one message is timed: it tells how busy the machine was. */
export async function proveTimes(
  { verdicts }: Ground,
  alice: PlainClient,
  input: object,
  controlRoomId: string,
  where: string,
) {
  for (const [word, keyword] of Object.entries({ rare: RARE, frequent: FREQUENT, absent: ABSENT })) {
    let page: Page | undefined
    const searches: number[] = []
    const reads: number[] = []
    for (let run = 0; run < RUNS; run++) {
      reads.push(await timed(() => alice.get('listenMessagesByRoom', { roomId: controlRoomId, count: 1 })))
      const search = async () => {
        page = await alice.get<Page>('searchMessages', { keyword, ...input })
      }
      searches.push(await timed(search))
    }
    const isRight = page?.list.every(({ data }) => data.content.text?.includes(keyword)) === true
    verdicts.claim(
      `the ${word} word in ${where}: p99 within ${WITHIN_MS} ms`,
      at(searches, 0.99) <= WITHIN_MS && isRight,
      `p50 ${at(searches, 0.5).toFixed(1)}, p99 ${at(searches, 0.99).toFixed(1)} ms over ${RUNS} runs, ` +
        `${page?.list.length} found; reading one message: p50 ${at(reads, 0.5).toFixed(1)}, p99 ${at(reads, 0.99).toFixed(1)} ms`,
    )
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

const at = (times: number[], part: number) =>
  times.toSorted((one, other) => one - other)[Math.floor(times.length * part)] ?? Number.NaN
