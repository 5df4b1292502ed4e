import type { TestStack } from '@chat/testing'
import type { MongoClient } from 'mongodb'
import { print } from '../report.ts'

/** What a proof works with, and where it reports its measurements. */
export type Ground = { stack: TestStack; mongo: MongoClient; verdicts: Verdicts }

/** Prints each claim with its measurement, and remembers whether all claims held. */
export class Verdicts {
  hold = true

  claim(text: string, holds: boolean, measured: string) {
    if (!holds) this.hold = false
    print(`${holds ? 'PASS' : 'FAIL'}  ${text}: ${measured}`)
  }
}

export const databasesOf = ({ stack, mongo }: Ground) => ({
  messages: mongo.db(`${stack.root}_messages`),
  rooms: mongo.db(`${stack.root}_rooms`),
})

/** The shortest of several runs, in milliseconds: it has the least interference. */
export async function fastest(times: number, work: () => Promise<unknown>): Promise<number> {
  const taken: number[] = []
  for (let run = 0; run < times; run++) {
    const started = performance.now()
    await work()
    taken.push(performance.now() - started)
  }
  return Math.min(...taken)
}

export async function makeRoom({ stack }: Ground, sid: string, userIds: string[]): Promise<string> {
  const { status, body } = await stack.post('/chat/room', {
    name: sid,
    roomType: 'GROUP',
    link: { sid, name: sid },
    joinUsers: userIds.map((_id) => ({ _id, nickName: _id })),
  })
  if (status !== 200) throw new Error(`no room: ${JSON.stringify(body)}`)
  return (body as { _id: string })._id
}
