import { defaultLimits } from '@chat/service'
import { testApiKey } from '@chat/testing'
import { Tally } from '../load/retrying-client.ts'
import { print } from '../report.ts'
import type { Ground } from './proof.ts'
import { findDamages, findGaps, findLosses, findMiscounts } from './rolling/checks.ts'
import { type Fleet, openFleet, type Stop } from './rolling/fleet.ts'
import { Member } from './rolling/member.ts'
import { type Acked, type Call, converse, post, upload } from './rolling/traffic.ts'

const ROOMS = 4
const MEMBERS = 4
const UPLOADERS = 2
const DRAIN_MS = 1_000
/** Each gateway is restarted once, so clients that moved to the second gateway move back. */
const MAX_RECONNECTS = 2
const MAX_STOP_SECONDS = 10

/** Every process is restarted in turn under load: nothing is lost or doubled, and clients only reconnect. */
export async function proveRolling(ground: Ground) {
  const { stack } = ground
  const { natsUrl, mongoUrl, s3Url } = stack
  const root = `rolling${process.pid}`
  const config = {
    ...stack.config,
    drainMs: DRAIN_MS,
    s3: { ...stack.config.s3, bucket: `chat-${root}` },
    // As in production: a request that takes longer is answered with a retryable error.
    limits: { ...stack.config.limits, requestTimeoutMs: defaultLimits.requestTimeoutMs },
  }
  print('      starting every service twice')
  const fleet = await openFleet({ config, root, natsUrl, mongoUrl, s3Url })
  const tally = new Tally()
  const members: Member[] = []
  try {
    const call = callerOf(fleet)
    const roomIds = await Promise.all(Array.from({ length: ROOMS }, (_, n) => makeRoom(call, n)))
    for (const [n, roomId] of roomIds.entries())
      for (const userId of usersOf(n))
        members.push(new Member(`${fleet.url}/chat`, await stack.token(userId), { userId, roomId, tally }))
    const acked: Acked = new Map()
    const stops = await restartUnderLoad({ fleet, members, roomIds, call, tally, acked })
    claimRestarts(ground, { stops, tally, members, acked })

    await claimContents(ground, { root, roomIds, members, acked })
  } finally {
    for (const { client } of members) client.socket.close()
    await fleet.close()
  }
}

type Scene = {
  fleet: Fleet
  members: Member[]
  roomIds: string[]
  call: Call
  tally: Tally
  acked: Acked
}

async function restartUnderLoad({ fleet, members, roomIds, call, tally, acked }: Scene) {
  let isOver = false
  const run = { acked, isOver: () => isOver }
  const traffic = [
    ...members.map((member) => converse(member, run)),
    ...members.slice(0, UPLOADERS).map(({ client, roomId }) => upload(client, roomId, run)),
    ...roomIds.slice(0, 2).map((roomId) => post(call, roomId, tally, run)),
  ]
  const stops: Stop[] = []
  try {
    await fleet.restartEach({
      begins: (what) => {
        tally.during = what
      },
      stopped: (stop) => {
        stops.push(stop)
        print(`      ${stop.service} stopped in ${stop.seconds.toFixed(1)} s`)
      },
    })
  } finally {
    isOver = true
  }
  await Promise.all(traffic)
  return stops
}

type Outcome = { stops: Stop[]; tally: Tally; members: Member[]; acked: Acked }

function claimRestarts({ verdicts }: Ground, { stops, tally, members, acked }: Outcome) {
  const slowest = Math.max(...stops.map(({ seconds }) => seconds))
  verdicts.claim(
    `every process stops by itself within ${MAX_STOP_SECONDS} s`,
    stops.every(({ code }) => code === 0) && slowest < MAX_STOP_SECONDS,
    `${stops.length} restarts, ${slowest.toFixed(1)} s at most`,
  )
  const retries = [...tally.retried].map(([code, count]) => `${count} ${code}`).join(', ') || 'none'
  verdicts.claim(
    'every request is answered, and only by what the contract allows',
    tally.faults.length === 0 && acked.size > 0,
    tally.faults.slice(0, 5).join('; ') ||
      `${tally.answered} requests, the slowest ${(tally.slowest.ms / 1000).toFixed(1)} s (${tally.slowest.what}); retried: ${retries}; sent again after a reconnect: ${tally.resent}`,
  )
  const reconnects = members.map(({ client }) => client.disconnects)
  verdicts.claim(
    'a client sees a reconnect for each gateway that it was on, and nothing else',
    Math.max(...reconnects) <= MAX_RECONNECTS,
    `${Math.max(...reconnects)} at most, for each of ${members.length}`,
  )
}

type Contents = { root: string; roomIds: string[]; members: Member[]; acked: Acked }

async function claimContents({ mongo, verdicts }: Ground, { root, roomIds, members, acked }: Contents) {
  const messages = mongo.db(`${root}_messages`)
  const rooms = mongo.db(`${root}_rooms`)
  const losses: string[] = []
  const gaps: string[] = []
  const miscounts: string[] = []
  const damages: string[] = []
  for (const roomId of roomIds) {
    const own = members.filter((member) => member.roomId === roomId)
    const lastSeq = await messages.collection('messages').countDocuments({ roomId })
    losses.push(...(await findLosses(messages, roomId, acked)))
    for (const member of own) {
      gaps.push(...(await findGaps(member, lastSeq)))
      miscounts.push(...(await findMiscounts(rooms, member, lastSeq)))
    }
    damages.push(...(await findDamages(own[0] as Member, acked)))
  }
  const claim = (text: string, problems: string[], good: string) =>
    verdicts.claim(text, problems.length === 0, problems.slice(0, 5).join('; ') || good)
  const files = [...acked.values()].filter(({ data }) => data).length
  claim(
    'the store holds exactly the acked messages, each once, without a gap',
    losses,
    `${acked.size} messages`,
  )
  claim('who has a room open gets each message once, in order', gaps, `${members.length} members`)
  claim('unread counts are what counting gives', miscounts, `${members.length} members`)
  claim('files arrive as they were sent', damages, `${files} files`)
}

const usersOf = (room: number) => Array.from({ length: MEMBERS }, (_, n) => `user-${room}-${n}`)

function callerOf({ platformUrl }: Fleet): Call {
  return async (path, body) => {
    const response = await fetch(`${platformUrl}${path}`, {
      method: 'POST',
      headers: { 'chat-api-key': testApiKey, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await response.json()) as Awaited<ReturnType<Call>>
  }
}

async function makeRoom(call: Call, n: number): Promise<string> {
  const sid = `rolling-${n}`
  const room: unknown = await call('/chat/room', {
    name: sid,
    roomType: 'GROUP',
    link: { sid, name: sid },
    joinUsers: usersOf(n).map((_id) => ({ _id, nickName: _id })),
  })
  return (room as { _id: string })._id
}
