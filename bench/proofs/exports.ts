import type { Export } from '@chat/contract'
import { connectAs, eventually, type PlainClient, startTestStack } from '@chat/testing'
import { fillRoom } from '../bulk.ts'
import { startChild } from '../child-process.ts'
import { print } from '../report.ts'
import type { Memory } from '../servers/server.ts'
import type { ServiceProcess } from '../servers/service.ts'
import { databasesOf, type Ground, makeRoom } from './proof.ts'

const FEW = 50_000
const MANY = 1_000_000
const MAX_RATIO = 1.3
const MIB = 1024 * 1024
const PATIENCE_MS = 15 * 60_000
const TEXT = '내일 점심은 회사 앞 식당에서 먹어요. A message of ordinary length, to be copied very often.'

/** Exporting needs the same memory for a room of any length, and does not slow down other requests. */
export async function proveExports(ground: Ground) {
  const { natsUrl, mongoUrl, s3Url } = ground.stack
  const engines = { natsUrl, mongoUrl, s3Url }
  const stack = await startTestStack({ engines, instances: { messages: 0, files: 0 } })
  const messages = startChild<ServiceProcess>('servers/service.ts', ['--expose-gc'])
  let alice: PlainClient | undefined
  try {
    await messages.ask('start', {
      service: 'messages',
      place: { config: stack.config, root: stack.root, ...engines },
    })
    alice = await connectAs(stack, 'alice')
    await proveMemory({ ...ground, stack }, alice, () => messages.ask('peak', null))
  } finally {
    alice?.close()
    await messages.close()
    await stack.close()
  }
}

async function proveMemory(ground: Ground, alice: PlainClient, peak: () => Promise<Memory>) {
  const sampleId = await makeRoom(ground, 'sample', ['alice'])
  const data = { type: 'TEXT', content: TEXT }
  await alice.get('sendMessage', { roomId: sampleId, syncKey: 'first', data })
  const peaks: Memory[] = []
  for (const count of [FEW, MANY]) {
    const roomId = await makeRoom(ground, `room of ${count}`, ['alice'])
    print(`      storing ${count} messages`)
    await fillRoom(databasesOf(ground), sampleId, roomId, count)
    await peak()
    const began = performance.now()
    const url = await exported(alice, roomId)
    const seconds = (performance.now() - began) / 1000
    const { lines, bytes } = await measure(url)
    ground.verdicts.claim(
      `${count} messages are exported whole`,
      lines === count + 1,
      `${mib(bytes)} in ${seconds.toFixed(0)} s`,
    )
    peaks.push(await peak())
  }
  const [few, many] = peaks as [Memory, Memory]
  ground.verdicts.claim(
    `${MANY} messages take at most ${MAX_RATIO} times the memory of ${FEW}`,
    many.live <= MAX_RATIO * few.live,
    `${mib(few.live)} and ${mib(many.live)} in use at most; the process held ${mib(few.rss)} and ${mib(many.rss)}`,
  )
}

const mib = (bytes: number) => `${(bytes / MIB).toFixed(0)} MiB`

/** @returns its URL */
async function exported(alice: PlainClient, roomId: string): Promise<string> {
  const { exportId } = await alice.get<{ exportId: string }>('exportMessages', { roomId, format: 'CSV' })
  return eventually(async () => {
    const { state, url } = await alice.get<Export>('getExport', { exportId })
    if (state !== 'READY' || url === null) throw new Error(`the export is ${state}`)
    return url
  }, PATIENCE_MS)
}

/** As a stream, so that it is never in memory as a whole. */
async function measure(url: string) {
  const { body } = await fetch(url)
  let [lines, bytes] = [0, 0]
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    for (const byte of chunk) if (byte === 10) lines++
  }
  return { lines, bytes }
}
