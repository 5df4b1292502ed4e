import { parseArgs } from 'node:util'
import { type Chat, connect } from '@chat/client'
import type { Envelope, Room } from '@chat/contract'
import { readConfig } from '@chat/stack/config'
import { developmentKeys } from './development.ts'

// A conversation of three users through the public interfaces of a running stack.

const { values } = parseArgs({
  options: {
    gateway: { type: 'string', default: `ws://127.0.0.1:${process.env.CHAT_GATEWAY_PORT ?? 3000}` },
    platform: { type: 'string', default: `http://127.0.0.1:${process.env.CHAT_PLATFORM_PORT ?? 3001}` },
  },
})
const config = readConfig(process.env, true)
const apiKey = config.apiKeys[0] ?? (await developmentKeys(config.dataDir)).apiKey
const print = (who: string, what: string) => process.stdout.write(`${who.padEnd(10)} ${what}\n`)

async function callPlatform<T>(path: string, body: unknown): Promise<T> {
  const response = await fetch(`${values.platform}${path}`, {
    method: 'POST',
    headers: { 'chat-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as T & Envelope<unknown>
  if (!response.ok)
    throw new Error(`POST ${path} answered ${response.status} ${answer.error}: ${answer.message}`)
  return answer
}

const people = [
  { _id: 'demo-mina', nickName: 'Mina', master: true },
  { _id: 'demo-jun', nickName: 'Jun' },
  { _id: 'demo-sora', nickName: 'Sora' },
]
const nameOf = (userId: string) => people.find((person) => person._id === userId)?.nickName ?? userId

async function fetchToken(userId: string): Promise<string> {
  const { data } = await callPlatform<{ data: { token: string } }>(`/v1/users/${userId}/token`, {})
  return data.token
}

async function converse() {
  const room = await callPlatform<Room>('/chat/room', {
    name: 'Lunch on Friday',
    roomType: 'GROUP',
    joinUsers: people,
    link: { sid: `demo-${Date.now()}`, name: 'Demo' },
    message: {
      author: { authorId: 'demo-mina', nickName: 'Mina' },
      data: { type: 'ADMIN', content: { text: 'Welcome to the room' } },
    },
  })
  print(
    'platform',
    `made the room "${room.name}" (${room._id}) for ${people.map((p) => p.nickName).join(', ')}`,
  )

  const chats = people.map((person) => connect({ url: values.gateway, token: () => fetchToken(person._id) }))
  const [mina, jun, sora] = chats as [Chat, Chat, Chat]
  await Promise.all(chats.map((chat) => chat.ready))
  print('gateway', 'all three are connected')

  const last = Promise.withResolvers<void>()
  const sorasList = new Promise<number>((resolve) => {
    sora.on('updateRoomLastMessage', (view) => {
      if (view.lastSeq === 5) resolve(view.unReadMsgCount)
    })
  })
  const opened = await jun.openRoom(room._id, {
    onMessage: (message) => {
      print(
        '',
        `Jun hears #${message.seq} from ${nameOf(message.author.authorId)}: ${message.data.content.text}`,
      )
      if (message.seq === 5) last.resolve()
    },
  })
  print('Jun', `opens the room; it had ${opened.joined?.unReadMsgCount} unread`)
  await say(mina, 'Mina', room._id, 'Shall we eat together on Friday?')
  await say(jun, 'Jun', room._id, '좋아요! 어디서 볼까요?')
  await say(sora, 'Sora', room._id, 'The noodle place at noon 🍜')
  await say(mina, 'Mina', room._id, 'Done. See you there.')
  await last.promise
  print('Sora', `has the room closed; her list shows ${await sorasList} unread`)
  const before = await sora.ask('joinRoom', room._id)
  print('Sora', `opens it: ${before.unReadMsgCount} unread until now, all read from here`)

  const { list } = await sora.ask('listenMessagesByRoom', { roomId: room._id, count: 3 })
  print('Sora', `reads the newest page: ${list.map((message) => `#${message.seq}`).join(' ')}`)
  for (const chat of chats) chat.close()
}

async function say(chat: Chat, name: string, roomId: string, text: string) {
  const message = await chat.send({ roomId, text })
  print(name, `says #${message.seq}: ${text}`)
}

try {
  await converse()
  print('demo', 'done')
  process.exit(0)
} catch (error) {
  const { message, cause } = error as Error
  const reason = cause instanceof Error ? `: ${cause.message}` : ''
  process.stderr.write(`${message}${reason}\nIs the stack running? Start it with: npm start\n`)
  process.exit(1)
}
