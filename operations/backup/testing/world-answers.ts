import { createHash } from 'node:crypto'
import type { Message, Room } from '@chat/contract'
import { connectPlain, type PlainClient } from '@chat/testing'
import { call, type Server, type World } from './small-world.ts'

type Page<T> = { list: T[] }

/** All that the public interfaces answer about a small world; reading changes nothing. */
export async function readWorld(server: Server, { userIds, roomIds, keywords }: World) {
  const users: Record<string, unknown> = {}
  for (const userId of userIds) users[userId] = await asUser(server, userId, roomIds, keywords)
  return { users, platform: await asPlatform(server, userIds, roomIds) }
}

async function asUser(server: Server, userId: string, roomIds: string[], keywords: string[]) {
  const client = await connectPlain(server.gatewayUrl, await server.token(userId))
  try {
    const { list } = await client.get<Page<Room>>('listenRooms', {})
    const mine = roomIds.filter((roomId) => list.some(({ _id }) => _id === roomId))
    const rooms: Record<string, unknown> = {}
    for (const roomId of mine) rooms[roomId] = await room(client, roomId)
    return { list, rooms, found: await found(client, keywords), ...(await ownThings(client)) }
  } finally {
    client.close()
  }
}

async function room(client: PlainClient, roomId: string) {
  const newest = await client.get<Page<Message>>('listenMessagesByRoom', { roomId, count: 100 })
  const around = newest.list[Math.floor(newest.list.length / 2)] as Message
  const gallery: Record<string, unknown> = {}
  for (const kind of ['PHOTO', 'VIDEO', 'FILE', 'LINK'])
    gallery[kind] = (await client.get<Page<Message>>('listGallery', { roomId, kind })).list
  return {
    newest,
    around: await client.get('listenMessagesByRoom', { roomId, aroundMessageId: around._id, count: 6 }),
    synced: await synced(client, roomId),
    members: (await client.get<Page<unknown>>('listMembers', { roomId })).list,
    banned: (await client.get<Page<unknown>>('listMembers', { roomId, state: 'BANNED' })).list,
    muted: (await client.get<Page<unknown>>('listMembers', { roomId, state: 'MUTED' })).list,
    readers: await client.get('messageReaders', { roomId, messageId: around._id }),
    gallery,
    files: await filesOf(client, roomId, newest.list),
  }
}

/** All messages and all changes of a room, as a client catches up with them. */
async function synced(client: PlainClient, roomId: string) {
  type Synced = { list: Message[]; changed: Message[]; lastSeq: number; lastChange: number }
  const pages: Synced[] = []
  for (let [afterSeq, afterChange] = [0, 0]; ; ) {
    const page = await client.get<Synced>('syncMessages', { roomId, afterSeq, afterChange })
    pages.push(page)
    if (page.list.length === 0 && page.lastChange === afterChange) return pages
    afterSeq = page.list.at(-1)?.seq ?? afterSeq
    afterChange = page.lastChange
  }
}

/** Hashes of the files, downloaded as members do. */
async function filesOf(client: PlainClient, roomId: string, messages: Message[]) {
  const hashes: Record<string, string> = {}
  for (const { data } of messages)
    for (const { path } of data.content.files ?? []) {
      const { url } = await client.get<{ url: string }>('getFileUrl', { roomId, path })
      const bytes = Buffer.from(await (await fetch(url)).arrayBuffer())
      hashes[path] = createHash('sha256').update(bytes).digest('hex')
    }
  return hashes
}

async function found(client: PlainClient, keywords: string[]) {
  const found: Record<string, string[]> = {}
  for (const keyword of keywords) {
    const { list } = await client.get<Page<Message>>('searchMessages', { keyword, limit: 100 })
    found[keyword] = list.map(({ _id }) => _id)
  }
  return found
}

const ownThings = async (client: PlainClient) => ({
  blocked: await client.get('listBlocked', {}),
  queried: await client.get('queryRooms', { keyword: '프로젝트' }),
  known: await client.get('searchUsers', { keyword: 'o' }),
})

async function asPlatform(server: Server, userIds: string[], roomIds: string[]) {
  const get = (path: string) => call(server, 'GET', path)
  const users = await Promise.all(userIds.map((userId) => get(`/v1/users/${userId}`)))
  const rooms = await Promise.all(
    roomIds.map(async (roomId) => ({
      room: await get(`/v1/rooms/${roomId}`),
      messages: await get(`/v1/rooms/${roomId}/messages?limit=100`),
      announcement: await get(`/v1/rooms/${roomId}/announcement`),
      words: await get(`/v1/rooms/${roomId}/banned-words`),
    })),
  )
  return {
    users,
    rooms,
    listed: await get('/v1/rooms'),
    words: await get('/v1/banned-words'),
    reports: await get('/v1/reports'),
    webhooks: await get('/v1/webhooks'),
  }
}
