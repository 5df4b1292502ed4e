// For scripts/compose-rehearsal: `hold <file>` has two users exchange messages and files through a running stack, and
// records them in the file; `check <file>` checks that all of them still exist.
//   CHAT_GATEWAY_URL, CHAT_PLATFORM_URL, CHAT_API_KEYS
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Chat, connect } from '@chat/client'
import type { Message } from '@chat/contract'
import { eventually } from '@chat/testing'

const { CHAT_GATEWAY_URL = '', CHAT_PLATFORM_URL = '', CHAT_API_KEYS = '' } = process.env
/** Restarting all services at once takes a while. */
const PATIENCE_MS = 60_000
const MESSAGES = 40

type Said = {
  roomId: string
  texts: string[]
  files: { path: string; size: number; hasThumbnail: boolean }[]
}

async function tokenOf(userId: string): Promise<string> {
  const headers = {
    'chat-api-key': CHAT_API_KEYS.split(',')[0] as string,
    'content-type': 'application/json',
  }
  const url = `${CHAT_PLATFORM_URL}/v1/users/${userId}/token`
  const answer = await fetch(url, { method: 'POST', headers, body: '{}' })
  const { data, error } = (await answer.json()) as { data: { token: string }; error: string | null }
  if (error) throw new Error(`no token: ${error}`)
  return data.token
}

async function enter(userId: string): Promise<Chat> {
  const chat = connect({ url: CHAT_GATEWAY_URL, token: () => tokenOf(userId) })
  await chat.ready
  return chat
}

/** One second of video, generated here. */
function makeVideo(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'rehearsal-'))
  const file = join(folder, 'video.mp4')
  const source = ['-f', 'lavfi', '-i', 'testsrc=duration=1:size=320x240:rate=10']
  execFileSync('ffmpeg', ['-loglevel', 'error', ...source, '-pix_fmt', 'yuv420p', file])
  const bytes = readFileSync(file)
  rmSync(folder, { recursive: true })
  return bytes
}

const textOf = ({ data }: Message) => data.content.text ?? ''
const filesOf = ({ data }: Message) => data.content.files ?? []

async function hold(): Promise<Said> {
  const [mina, jun] = await Promise.all([enter('rehearsal-mina'), enter('rehearsal-jun')])
  const room = await mina.ask('createNewRoom', { users: ['rehearsal-jun'], name: 'Rehearsal' })
  const heard: Message[] = []
  await eventually(() => jun.ask('joinRoom', room._id), PATIENCE_MS)
  await jun.openRoom(room._id, { onMessage: (message) => heard.push(message) })
  const sending = Array.from({ length: MESSAGES }, (_, index) =>
    mina.send({ roomId: room._id, text: `line ${index}` }),
  )
  await Promise.all(sending)
  await mina.upload(makeVideo(), { roomId: room._id, name: 'video.mp4', type: 'VIDEO' })
  await eventually(() => assert.equal(heard.length, MESSAGES + 1), PATIENCE_MS)
  assert.deepEqual(
    heard.map(({ seq }) => seq),
    heard.map((_, index) => index + 1),
  )
  const said = await read(jun, room._id)
  assert.equal(said.files.length, 1)
  for (const chat of [mina, jun]) chat.close()
  return said
}

/** The messages of the room: texts, and the bytes of files. */
async function read(chat: Chat, roomId: string): Promise<Said> {
  const { list } = await chat.ask('listenMessagesByRoom', { roomId, count: 100 })
  const files = list.flatMap(filesOf).map(async ({ path, thumbnail }) => {
    const answer = await fetch(await chat.fileUrl(roomId, path))
    const size = (await answer.arrayBuffer()).byteLength
    assert.equal(answer.status, 200)
    return { path, size, hasThumbnail: thumbnail !== null && thumbnail !== undefined }
  })
  return { roomId, texts: list.map(textOf), files: await Promise.all(files) }
}

/** Later messages come after it. */
async function check(said: Said) {
  const jun = await enter('rehearsal-jun')
  const now = await eventually(() => read(jun, said.roomId), PATIENCE_MS)
  assert.deepEqual({ ...now, texts: now.texts.slice(0, said.texts.length) }, said)
  await jun.send({ roomId: said.roomId, text: 'still here' })
  jun.close()
}

const [command, file] = process.argv.slice(2) as ['hold' | 'check', string]
if (command === 'hold') {
  const said = await hold()
  writeFileSync(file, JSON.stringify(said))
  console.log(`held: ${said.texts.length} messages, ${JSON.stringify(said.files)}`)
} else {
  await check(JSON.parse(readFileSync(file, 'utf8')))
  console.log('checked: everything is there')
}
process.exit(0)
