import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jobKinds, permissionsOf, type RoleName, roleNames } from '@chat/contract/permissions'
import { start as startFiles } from '@chat/files'
import { start as startPlatformApi } from '@chat/platform-api'
import { start as startPush } from '@chat/push'
import { start as startRooms } from '@chat/rooms'
import { createLogger, createMetrics, openBus, serviceOptions, streamStatus } from '@chat/service'
import {
  connectAs,
  covers,
  eventually,
  newestPage,
  openNatsTap,
  sendText,
  signedIn,
  startTestStack,
  type TestStack,
} from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { askForEverything, exchangeFiles, manage, publishLate, talk } from './testing/busy-day.ts'

// An installation runs every operation, and a tap on its NATS connections records every publish and subscription: they
// are exactly what each user is allowed.

let tap: Awaited<ReturnType<typeof openNatsTap>>
let stack: TestStack
let folder: string
let measurePush: () => Promise<unknown>
const closers: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  tap = await openNatsTap(process.env.CHAT_TEST_NATS_URL as string)
  folder = await mkdtemp(join(tmpdir(), 'chat-page-'))
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  stack = await startTestStack({
    ...{ natsUrl: tap.url, config: { demo: true, webhooksMayBePrivate: true }, pageFolder: folder },
    instances: { messages: 2, rooms: 2, push: 0 },
  })
  const times = { secondLookMs: 300, pollMs: 50, badgeMs: 100 }
  const aroundPush = around('push', stack.root)
  const push = await startPush({ ...aroundPush, database: `${stack.root}_push`, times })
  // Its metrics are read like those that the gateway exposes.
  measurePush = () => aroundPush.metrics.registry.metrics()
  closers.push(push.close)
})
afterAll(async () => {
  for (const close of closers) await close()
  await stack?.close()
  await tap?.close()
  await rm(folder, { recursive: true, force: true })
})

const around = (name: RoleName, root: string) => {
  const { config, mongoUrl, s3Url } = stack
  const place = { config, mongoUrl, s3Url, logger: createLogger('silent'), metrics: createMetrics() }
  return serviceOptions({ ...place, name, root, natsUrl: stack.natsUrlOf(name) })
}

/** Any of these services may start first, and then creates the stream. */
async function startAsTheFirst() {
  const services = { rooms: startRooms, files: startFiles, push: startPush, 'platform-api': startPlatformApi }
  for (const [name, start] of Object.entries(services)) {
    const root = `t${crypto.randomUUID().slice(0, 8)}`
    const service = await start({ ...around(name as RoleName, root), database: `${root}_${name}` })
    await service.close()
  }
}

async function operate(roomId: string) {
  const options = { natsUrl: signedIn(tap.url, 'operator'), name: 'operator', root: stack.root }
  const bus = await openBus({
    ...{ ...options, logger: createLogger('silent'), metrics: createMetrics(), requestTimeoutMs: 10_000 },
  })
  const caller = { userId: '', requestId: 'operator' }
  await bus.ask('listRoomIds', caller, {})
  await bus.ask('recountRoom', caller, roomId)
  await bus.ask('getRoom', caller, { roomId })
  await bus.ask('listRooms', caller, { userId: 'ann' })
  await bus.ask('searchUsers', caller, { keyword: 'ann' })
  await bus.ask('inspectUser', caller, 'ann')
  await bus.ask('listDevices', caller, 'ann')
  for (const kind of jobKinds) {
    await bus.askJobs(kind, 'countJobs', caller, {})
    await bus.askJobs(kind, 'listDeadLetters', caller, { limit: 10 })
    await bus.askJobs(kind, 'getDeadLetter', caller, 'none')
    await bus.askJobs(kind, 'replayDeadLetters', caller, { ids: ['none'] })
    await bus.askJobs(kind, 'dropDeadLetters', caller, { ids: ['none'] })
  }
  await streamStatus(bus)
  await bus.close()
}

const BEN_IS_GONE = { userId: 'ben', online: false }

async function useEveryOperation() {
  const [ann, ben, cho] = await Promise.all([
    connectAs(stack, 'ann'),
    connectAs(stack, 'ben'),
    connectAs(stack, 'cho'),
  ])
  const people = { ann, ben, cho }
  await askForEverything(stack, cho)
  const { _id: roomId } = await talk(people)
  await exchangeFiles(stack, people, roomId)
  await sendText(ben, roomId, 'one more')
  const last = (await newestPage(ann, roomId)).at(-1)
  if (last) await publishLate(stack, last)
  for (const client of [ben, cho]) client.close()
  await eventually(() =>
    expect(ann.payloads('presence')).toContainEqual(expect.objectContaining(BEN_IS_GONE)),
  )
  await measurePush()
  await manage(stack, roomId, operate)
  ann.close()
}

const isWithin = (patterns: string[], use: string) => {
  const [subject = '', queue = ''] = use.split(' ')
  return patterns.some((each) => {
    const [pattern = '', group = queue] = each.split(' ')
    return covers(pattern, subject) && group === queue
  })
}

test('each NATS user is allowed exactly the subjects that its processes use', async () => {
  await startAsTheFirst()
  await useEveryOperation()
  const idle = (name: RoleName) => {
    const allowed = permissionsOf(name, '*')
    const used = tap.usesOf(name)
    return (['publish', 'subscribe'] as const).flatMap((way) =>
      allowed[way]
        .filter((pattern) => ![...used[way]].some((use) => isWithin([pattern], use)))
        .map((pattern) => `${name} never needs to ${way} ${pattern}`),
    )
  }
  await eventually(() => expect(roleNames.flatMap(idle)).toEqual([]), 60_000)
  const refused = roleNames.flatMap((name) => {
    const used = tap.usesOf(name)
    const isAnswer = (use: string) => use.startsWith('_INBOX')
    return (['publish', 'subscribe'] as const).flatMap((way) =>
      [...used[way]]
        .filter(
          (use) => (way === 'subscribe' || !isAnswer(use)) && !isWithin(permissionsOf(name, '*')[way], use),
        )
        .map((use) => `${name} may not ${way} ${use}`),
    )
  })
  expect(refused).toEqual([])
  expect(tap.refusals).toEqual([])
})
