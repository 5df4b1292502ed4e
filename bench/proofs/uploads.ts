import { setTimeout as delay } from 'node:timers/promises'
import { connectPlain, type PlainClient } from '@chat/testing'
import { startChild } from '../child-process.ts'
import type { Plan, Uploader } from '../load/uploader.ts'
import { print } from '../report.ts'
import type { ServiceProcess } from '../servers/service.ts'
import { type Ground, makeRoom } from './proof.ts'

const UPLOADS = 10
const MIB = 1024 * 1024
const FILE_BYTES = 50 * MIB
/** Two parts of an upload. */
const WARMING_BYTES = 11 * MIB
const MAX_MEMORY = 300 * MIB
const TEXTS_PER_SECOND = 20
const TEXTS = 300
const MAX_RATIO = 2

/** Large uploads need bounded memory and do not slow down messages. */
export async function proveUploads(ground: Ground) {
  const { stack, verdicts } = ground
  const files = startChild<ServiceProcess>('servers/service.ts')
  const gateway = startChild<ServiceProcess>('servers/service.ts')
  const uploader = startChild<Uploader>('load/uploader.ts')
  let writer: PlainClient | undefined
  try {
    const { config, root, natsUrl, mongoUrl, s3Url } = stack
    const place = { config, root, natsUrl, mongoUrl, s3Url }
    await files.ask('start', { service: 'files', place })
    const url = `ws://127.0.0.1:${await gateway.ask('start', { service: 'gateway', place })}`
    const roomId = await makeRoom(ground, 'texts', ['writer'])
    const plans = await Promise.all(Array.from({ length: UPLOADS }, (_, n) => planOf(ground, url, n)))
    // Warms up, as is done for texts: the first use of the code is not measured.
    await uploader.ask('upload', { plans, bytes: WARMING_BYTES })
    writer = await connectPlain(url, await stack.token('writer'))
    await timeTexts(writer, roomId, 100)
    const quietly = await timeTexts(writer, roomId, TEXTS)
    print(`      sending ${UPLOADS} files of ${FILE_BYTES / MIB} MiB at once`)
    const began = performance.now()
    let isOver = false
    const uploading = uploader.ask('upload', { plans, bytes: FILE_BYTES }).finally(() => {
      isOver = true
    })
    const meanwhile: number[] = []
    while (!isOver) meanwhile.push(...(await timeTexts(writer, roomId, TEXTS / 10)))
    const sizes = await uploading
    const seconds = (performance.now() - began) / 1000
    const { rss: peak } = await files.ask('peak', null)
    verdicts.claim(
      `${UPLOADS} files of ${FILE_BYTES / MIB} MiB at once arrive whole`,
      sizes.every((size) => size === FILE_BYTES),
      `${((UPLOADS * FILE_BYTES) / MIB / seconds).toFixed(0)} MiB/s`,
    )
    verdicts.claim(
      `the files service stays under ${MAX_MEMORY / MIB} MiB meanwhile`,
      peak < MAX_MEMORY,
      `${(peak / MIB).toFixed(0)} MiB at most`,
    )
    // Measured before and after, since the machine may have become slower or faster.
    quietly.push(...(await timeTexts(writer, roomId, TEXTS)))
    const [quiet, busy] = [p99(quietly), p99(meanwhile)]
    verdicts.claim(
      `the ack of a text takes at most ${MAX_RATIO} times as long meanwhile, 99 of 100`,
      busy <= MAX_RATIO * quiet,
      `${quiet.toFixed(1)} ms before and after, ${busy.toFixed(1)} ms meanwhile (${meanwhile.length} texts)`,
    )
  } finally {
    writer?.close()
    await uploader.close()
    await gateway.close()
    await files.close()
  }
}

/** How long each ack took, in milliseconds, counted from when its text was due. */
async function timeTexts(writer: PlainClient, roomId: string, count: number): Promise<number[]> {
  const began = performance.now()
  const acks: Promise<number>[] = []
  for (let n = 0; n < count; n++) {
    const due = began + (n * 1000) / TEXTS_PER_SECOND
    await delay(Math.max(0, due - performance.now()))
    const draft = { roomId, syncKey: crypto.randomUUID(), data: { type: 'TEXT', content: 'hello' } }
    acks.push(writer.get('sendMessage', draft).then(() => performance.now() - due))
  }
  return Promise.all(acks)
}

const p99 = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN

async function planOf(ground: Ground, url: string, n: number): Promise<Plan> {
  const userId = `sender-${n}`
  const { stack } = ground
  return {
    url,
    token: await stack.token(userId),
    roomId: await makeRoom(ground, `upload-${n}`, [userId]),
  }
}
