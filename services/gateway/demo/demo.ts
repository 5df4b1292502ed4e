import type { IncomingMessage, ServerResponse } from 'node:http'
import { errors, Fault, failed, succeeded } from '@chat/contract'
import { type Auth, type Bus, type FcmWeb, faultOf, type Logger, mintToken } from '@chat/service'
import { demoRooms, demoUsers } from './demo-rooms.ts'

const PATH = /^\/demo\/(?:users|tokens\/([\w-]{1,64}))$/
const TOKEN_LIFE_S = 3_600

type Parts = { bus: Bus; auth: Auth; namespace: string; push: FcmWeb | null; logger: Logger }

/**
 * The sign-in of the demo page, where it is on: `GET /demo/users` lists the ready users and what the page must
 * know to serve them, `POST /demo/tokens/<id>` hands out a token of one of them. False where the path is another's.
 */
export function serveDemo({ bus, auth, namespace, push, logger }: Parts) {
  let preparing: Promise<void> | null = null
  /** Their rooms are made when the first of them comes; after a failure, by the next. */
  const prepare = () => {
    preparing ??= patiently(() => prepareRooms(bus)).catch((error) => {
      preparing = null
      throw error
    })
    return preparing
  }

  async function answer(method: string | undefined, userId: string | undefined) {
    if (userId === undefined && method === 'GET') return { users: demoUsers, namespace, push }
    if (userId === undefined || method !== 'POST') throw new Fault('INVALID_REQUEST')
    if (!demoUsers.some(({ _id }) => _id === userId)) throw new Fault('USER_NO_EXISTS')
    await prepare()
    return mintToken(auth, userId, TOKEN_LIFE_S)
  }

  const reply = async (request: IncomingMessage, response: ServerResponse, userId: string | undefined) => {
    const requestId = crypto.randomUUID()
    try {
      if (isFromElsewhere(request)) throw new Fault('FORBIDDEN')
      const data = await answer(request.method, userId)
      write(response, 200, succeeded(data))
    } catch (error) {
      const fault = faultOf(error) ?? new Fault('INTERNAL')
      if (!faultOf(error)) logger.error({ err: error, requestId }, 'demo sign-in failed')
      write(response, errors[fault.code].http, failed(fault, requestId))
    }
  }

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const match = PATH.exec(request.url ?? '')
    if (match) void reply(request, response, match[1])
    return match !== null
  }
}

/** No other page signs its visitors in here. */
const isFromElsewhere = ({ headers }: IncomingMessage) =>
  headers['sec-fetch-site'] !== undefined && headers['sec-fetch-site'] !== 'same-origin'

function write(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(JSON.stringify(body))
}

const TRIES = 5
const PAUSE_MS = 500

/** Right after a start a service may still be slow, or on its way. */
async function patiently(task: () => Promise<void>, tries = TRIES): Promise<void> {
  try {
    await task()
  } catch (error) {
    const fault = faultOf(error)
    if (!fault || !errors[fault.code].retryable || tries <= 1) throw error
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    await patiently(task, tries - 1)
  }
}

/** By the same requests as a platform's; what is there already stays as it is. */
async function prepareRooms(bus: Bus) {
  for (const { _id, nickName } of demoUsers)
    await bus.ask('saveUser', callerOf(''), { userId: _id, nickName })
  for (const room of demoRooms) await prepareRoom(bus, room)
}

const callerOf = (userId: string) => ({ userId, requestId: crypto.randomUUID() })
const profileOf = (userId: string) => demoUsers.find(({ _id }) => _id === userId)?.nickName ?? userId

async function prepareRoom(bus: Bus, { sid, name, users, lines }: (typeof demoRooms)[number]) {
  const [master = ''] = users
  const { list } = await bus.ask('listenRooms', callerOf(master), { linkSid: sid })
  const roomId = list[0]?._id ?? (await makeRoom(bus, { sid, name, users }))
  if ((list[0]?.lastSeq ?? 0) >= lines.length) return
  for (const [index, [authorId, text]] of lines.entries()) {
    const type = index === 0 ? 'ADMIN' : 'TEXT'
    const data = { type, content: { text } } as const
    await bus.ask('postMessage', callerOf(''), {
      roomId,
      syncKey: `demo-${index}`,
      author: { authorId, nickName: profileOf(authorId) },
      data,
    })
  }
}

async function makeRoom(bus: Bus, { sid, name, users }: Omit<(typeof demoRooms)[number], 'lines'>) {
  const joinUsers = users.map((_id, index) => ({ _id, nickName: profileOf(_id), master: index === 0 }))
  try {
    const made = await bus.ask('createRoomWithMessage', callerOf(''), {
      name,
      roomType: 'GROUP',
      joinUsers,
      link: { sid, name },
      rules: { canInviteMemebrs: true, canLeaveOutRoom: true },
    })
    return made._id
  } catch (error) {
    const existing = faultOf(error)
    if (existing?.code !== 'ROOM_ALREADY_EXISTS') throw error
    return (existing.data as { roomId: string }).roomId
  }
}
