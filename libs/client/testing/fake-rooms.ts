import type { Message, Room } from '@chat/contract'
import type { Socket } from 'socket.io'
import type { AskInput } from '../connection/requests.ts'
import { type FakeServer, fail, ok } from './fake-server.ts'

const START = Date.parse('2026-01-01T00:00:00Z')

type Held = { room: Room; messages: Message[]; changes: number[] }
type Page = { roomId: string; count?: number; lastMessageId?: string }
type Sent = { roomId: string; syncKey: string; data: { content: { text: string } } }

/** Rooms behind a fake server that answers by the contract. Pages are short, so that there are several. */
export function fakeRooms(server: () => FakeServer) {
  const rooms = new Map<string, Held>()
  const limits = { page: 100, rooms: 100 }
  /** Undefined as of a server of earlier versions. */
  const data: { epoch: string | undefined } = { epoch: 'first' }
  let clock = 0
  const now = () => new Date(START + ++clock * 1_000).toISOString()

  const entry = (roomId: string) => rooms.get(roomId) as Held
  const view = ({ room, messages }: Held): Room => ({
    ...room,
    lastSeq: messages.length,
    lastMessage: messages.at(-1) ?? null,
  })
  const activity = (held: Held) => held.messages.at(-1)?.createdAt ?? held.room.createdAt
  const member = (roomId: string, answer: (held: Held) => unknown) => {
    const held = rooms.get(roomId)
    return held ? ok(answer(held)) : fail('ROOM_NO_EXISTS', { retryable: false })
  }
  const list = ({ cursor }: { cursor?: string } = {}) => {
    const all = [...rooms.values()].sort((a, b) => activity(b).localeCompare(activity(a))).map(view)
    const from = Number(cursor ?? 0)
    const to = from + limits.rooms
    return ok({ list: all.slice(from, to), nextCursor: to < all.length ? String(to) : null })
  }
  const sync = (input: AskInput<'syncMessages'>) =>
    member(input.roomId, ({ messages, changes }) => {
      const { afterSeq, afterChange = changes.length, limit = limits.page } = input
      const changed = changes.slice(afterChange, afterChange + limits.page)
      return {
        list: messages.slice(afterSeq, afterSeq + limit),
        changed: [...new Set(changed)].map((seq) => messages[seq - 1]),
        lastSeq: messages.length,
        lastChange: Math.min(afterChange, changes.length) + changed.length,
        ...data,
        recovered: afterSeq <= messages.length && (input.epoch ?? data.epoch) === data.epoch,
      }
    })
  const page = ({ roomId, count = 10, lastMessageId }: Page) =>
    member(roomId, ({ messages }) => {
      const end = lastMessageId ? messages.findIndex(({ _id }) => _id === lastMessageId) : messages.length
      const start = Math.max(0, end - count)
      return {
        list: messages.slice(start, end),
        hasMoreBefore: start > 0,
        hasMoreAfter: end < messages.length,
      }
    })
  const join = (roomId: string, socket: Socket) => {
    void socket.join(roomId)
    return member(roomId, ({ messages, changes }) => ({
      result: true,
      lastReadMessageId: null,
      unReadMsgCount: 0,
      lastSeq: messages.length,
      lastChange: changes.length,
      ...data,
    }))
  }
  const add = (roomId: string, text: string, syncKey = text): Message => {
    const { messages } = entry(roomId)
    const createdAt = now()
    const seq = messages.length + 1
    const message = {
      _id: `${roomId}-${seq}`,
      roomId,
      seq,
      syncKey,
      data: { type: 'TEXT', content: { text } },
      createdAt,
      updatedAt: createdAt,
    } as Message
    messages.push(message)
    return message
  }
  const tell = (roomId: string, event: 'listenMessage' | 'updateMessage', message: Message) => {
    server().clients.to(roomId).emit(`${event}_${roomId}`, message)
    server().clients.emit('updateRoomLastMessage', view(entry(roomId)))
  }

  return {
    limits,
    data,
    /** Makes the fake server answer for these rooms. */
    serve: () => {
      server().answer('listenRooms', list)
      server().answer('syncMessages', sync)
      server().answer('listenMessagesByRoom', page)
      server().answer('joinRoom', join)
      server().answer('leaveRoom', (roomId: string, socket) => {
        void socket.leave(roomId)
        return ok({ result: true })
      })
      server().answer('sendMessage', ({ roomId, syncKey, data }: Sent) =>
        member(roomId, ({ messages }) => {
          const stored = messages.find((message) => message.syncKey === syncKey)
          return { result: true, message: stored ?? add(roomId, data.content.text, syncKey) }
        }),
      )
    },
    answers: { listenRooms: list, syncMessages: sync, listenMessagesByRoom: page, joinRoom: join },
    /** A room with messages `1` to `count`. */
    open: (roomId: string, count = 0) => {
      const room = { _id: roomId, name: roomId, createdAt: now() } as Room
      rooms.set(roomId, { room, messages: [], changes: [] })
      for (let seq = 1; seq <= count; seq++) add(roomId, `${seq}`)
    },
    close: (roomId: string) => rooms.delete(roomId),
    view: (roomId: string) => view(entry(roomId)),
    messages: (roomId: string) => entry(roomId).messages,
    /** Stores a message of another user; `tell` publishes it. */
    add,
    change: (roomId: string, seq: number, text: string): Message => {
      const { messages, changes } = entry(roomId)
      const changed = {
        ...(messages[seq - 1] as Message),
        data: { type: 'TEXT' as const, content: { text } },
        updatedAt: now(),
      }
      messages[seq - 1] = changed
      changes.push(seq)
      return changed
    },
    /** Restores an older backup of the room, without its last messages and changes. */
    restore: (roomId: string, count: number) => {
      entry(roomId).messages.length = count
      entry(roomId).changes.length = 0
    },
    tell,
  }
}
