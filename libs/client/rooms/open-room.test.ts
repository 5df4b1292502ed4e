import type { Message } from '@chat/contract'
import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Socket } from 'socket.io'
import { fakeRooms } from '../testing/fake-rooms.ts'
import { fail, message, ok } from '../testing/fake-server.ts'
import { reached, useFakeServer } from '../testing/testing.ts'

const { server, client } = useFakeServer()
const PAGE = 3

/** The server's room `r1`: messages 1 to `last`, except `gone`, which no longer exist. */
const room = { last: 0, gone: [] as number[] }
const joined = () =>
  ok({ result: true, lastReadMessageId: null, unReadMsgCount: 0, lastSeq: room.last, lastChange: 0 })
const page = ({ afterSeq }: { afterSeq: number }) => {
  const all = Array.from({ length: room.last }, (_, index) => index + 1).filter(
    (seq) => !room.gone.includes(seq),
  )
  const list = all.filter((seq) => seq > afterSeq).slice(0, PAGE)
  const recovered = afterSeq <= room.last && list.every((seq, index) => seq === afterSeq + 1 + index)
  return ok({
    list: list.map((seq) => message('r1', seq)),
    changed: [],
    lastSeq: room.last,
    lastChange: 0,
    recovered,
  })
}
const say = (...seqs: number[]) => {
  for (const seq of seqs) server().clients.emit('listenMessage_r1', message('r1', seq))
}

/** Records what an app receives, and waits for it. */
function listener() {
  const seqs: number[] = []
  const reports: boolean[] = []
  let look = () => {}
  const changed = () => look()
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      look = () => condition() && resolve()
      look()
    })
  return {
    seqs,
    reports,
    onMessage: ({ seq }: Message) => {
      seqs.push(seq)
      changed()
    },
    onRecovered: ({ recovered }: { recovered: boolean }) => {
      reports.push(recovered)
      changed()
    },
    heard: (seq: number) => until(() => seqs.at(-1) === seq),
    reported: (count: number) => until(() => reports.length === count),
  }
}

beforeEach(() => {
  Object.assign(room, { last: 0, gone: [] })
  server().answer('joinRoom', joined)
  server().answer('syncMessages', page)
  server().answer('leaveRoom', () => ok({ result: true }))
})

test("live messages begin after the room's last one at joinRoom", async () => {
  room.last = 2
  // As from the gateway: messages between the join and its answer may arrive first.
  server().answer('joinRoom', () => {
    say(2, 3)
    return joined()
  })
  const app = listener()
  const open = await client().openRoom('r1', app)
  say(3, 4, 4)
  await app.heard(4)
  expect(app.seqs).toEqual([3, 4])
  expect(open.joined).toMatchObject({ unReadMsgCount: 0, lastSeq: 2 })
  expect(open.seq).toBe(4)
  expect(server().asked('syncMessages')).toEqual([])
})

test('afterSeq delivers later messages page by page, then live ones', async () => {
  room.last = 8
  const app = listener()
  await client().openRoom('r1', { ...app, afterSeq: 1 })
  say(9)
  await app.heard(9)
  await app.reported(1)
  expect(app.seqs).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
  expect(app.reports).toEqual([true])
})

test('after a reconnect missed messages come first, in order and once each', async () => {
  const app = listener()
  await client().openRoom('r1', app)
  room.last = 1
  say(1)
  await app.heard(1)
  room.last = 7
  // Live messages arrive during the sync: some are in its pages, too, one is beyond them.
  server().answer('syncMessages', (input: { afterSeq: number }, socket: Socket) => {
    if (input.afterSeq === 1) for (const seq of [6, 7, 8]) socket.emit('listenMessage_r1', message('r1', seq))
    return page(input)
  })
  server().cut()
  await app.heard(8)
  await app.reported(1)
  expect(app.seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(app.reports).toEqual([true])
  expect(server().asked('joinRoom')).toHaveLength(2)
})

test('a reconnect during a sync starts it again', async () => {
  const app = listener()
  await client().openRoom('r1', app)
  room.last = 7
  let cuts = 0
  server().answer('syncMessages', (input: { afterSeq: number }, socket: Socket) => {
    if (input.afterSeq === 0 || cuts > 0) return page(input)
    cuts += 1
    socket.conn.close()
    return null
  })
  server().cut()
  await app.reported(1)
  expect(app.seqs).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect([cuts, app.reports]).toEqual([1, [true]])
})

test('a reconnect without missed messages makes no request and reports complete delivery', async () => {
  const app = listener()
  await client().openRoom('r1', app)
  server().cut()
  await app.reported(1)
  expect(app.reports).toEqual([true])
  expect(server().asked('syncMessages')).toEqual([])
})

test('messages that no longer exist are reported, and the others delivered', async () => {
  const app = listener()
  await client().openRoom('r1', app)
  Object.assign(room, { last: 4, gone: [2] })
  server().cut()
  await app.reported(1)
  expect(app.seqs).toEqual([1, 3, 4])
  expect(app.reports).toEqual([false])
})

test('a room whose end is before the client’s position continues from its end', async () => {
  room.last = 3
  const app = listener()
  await client().openRoom('r1', { ...app, afterSeq: 50 })
  await app.reported(1)
  expect(app.reports).toEqual([false])
  say(4)
  await app.heard(4)
  expect(app.seqs).toEqual([4])
})

test('a gap among live messages is filled', async () => {
  const app = listener()
  await client().openRoom('r1', app)
  room.last = 3
  say(1, 3)
  await app.heard(3)
  expect(app.seqs).toEqual([1, 2, 3])
})

test('joinRoom and syncMessages are retried until they succeed', async () => {
  const app = listener()
  await client().openRoom('r1', app)
  room.last = 2
  const busy = () => fail('SERVICE_UNAVAILABLE', { retryable: true, retryAfterMs: 5 })
  server().answer('joinRoom', () => (server().asked('joinRoom').length < 4 ? busy() : joined()))
  server().answer('syncMessages', (input: { afterSeq: number }) =>
    server().asked('syncMessages').length < 3 ? busy() : page(input),
  )
  server().cut()
  await app.reported(1)
  expect(app.seqs).toEqual([1, 2])
})

test('opening a room that the user is not in rejects and leaves no listener', async () => {
  server().answer('joinRoom', () => fail('ROOM_NO_EXISTS', { retryable: false }))
  const chat = client()
  const app = listener()
  await expect(chat.openRoom('r1', app)).rejects.toMatchObject({ code: 'ROOM_NO_EXISTS' })
  const last = new Promise((resolve) => chat.on('listenRoom', resolve))
  say(1)
  server().clients.emit('listenRoom', {})
  await last
  expect(app.seqs).toEqual([])
})

test('a room refused after a reconnect is closed with the error code', async () => {
  const chat = client()
  const ended = new Promise<string>((resolve) => {
    void chat.openRoom('r1', { onMessage: () => {}, onClosed: ({ code }) => resolve(code) }).then(() => {
      server().answer('joinRoom', () => fail('ROOM_NO_EXISTS', { retryable: false }))
      server().cut()
    })
  })
  expect(await ended).toBe('ROOM_NO_EXISTS')
})

test('close() leaves the room and ends delivery, also after a reconnect', async () => {
  const chat = client()
  const app = listener()
  const open = await chat.openRoom('r1', app)
  await open.close()
  expect(server().asked('leaveRoom')).toMatchObject([{ input: 'r1' }])
  const back = reached(chat, 'connected')
  server().cut()
  await back
  const last = new Promise((resolve) => chat.on('listenRoom', resolve))
  say(1)
  server().clients.emit('listenRoom', {})
  await last
  expect(app.seqs).toEqual([])
  expect(server().asked('joinRoom')).toHaveLength(1)
})

test('a room opened twice is left by the last close()', async () => {
  const chat = client()
  const first = await chat.openRoom('r1', listener())
  const second = await chat.openRoom('r1', listener())
  await first.close()
  expect(server().asked('leaveRoom')).toHaveLength(0)
  await second.close()
  expect(server().asked('leaveRoom')).toHaveLength(1)
})

test('opening waits for a pending leave', async () => {
  const events: string[] = []
  server().answer('joinRoom', () => {
    events.push('join')
    return joined()
  })
  server().answer('leaveRoom', async () => {
    events.push('leave')
    await new Promise(setImmediate)
    events.push('left')
    return ok({ result: true })
  })
  const chat = client()
  const first = await chat.openRoom('r1', listener())
  const closing = first.close()
  await server().until(() => server().asked('leaveRoom').length === 1)
  await chat.openRoom('r1', listener())
  await closing
  expect(events).toEqual(['join', 'leave', 'left', 'join'])
})

describe('a restored backup', () => {
  const rooms = fakeRooms(server)
  const restore = () => {
    rooms.restore('r1', 1)
    rooms.data.epoch = 'second'
    for (const text of ['other 2', 'other 3', 'other 4']) rooms.add('r1', text)
  }
  beforeEach(() => {
    rooms.data.epoch = 'first'
    rooms.open('r1', 3)
    rooms.serve()
  })

  test('lets an open room go on at the end of the other messages, not recovered', async () => {
    const app = listener()
    const open = await client().openRoom('r1', app)
    expect(open.epoch).toBe('first')
    restore()
    server().cut()
    await app.reported(1)
    expect({ reports: app.reports, seqs: app.seqs }).toEqual({ reports: [false], seqs: [] })
    expect({ seq: open.seq, epoch: open.epoch }).toEqual({ seq: 4, epoch: 'second' })
    rooms.tell('r1', 'listenMessage', rooms.add('r1', '5'))
    await app.heard(5)
    expect(app.seqs).toEqual([5])
  })

  test('is noticed by a room that is opened with numbers of before', async () => {
    restore()
    const app = listener()
    const open = await client().openRoom('r1', { ...app, afterSeq: 3, afterChange: 0, epoch: 'first' })
    await app.reported(1)
    expect({ reports: app.reports, seqs: app.seqs }).toEqual({ reports: [false], seqs: [] })
    expect(open.epoch).toBe('second')
  })
})

describe('changes of messages', () => {
  const rooms = fakeRooms(server)
  const texts = (messages: Message[]) => messages.map(({ data }) => data.content.text)
  /** Records the updates of messages; `updated` waits for that many. */
  const shows = () => {
    const updates: Message[] = []
    let look = () => {}
    return {
      updates,
      onMessage: () => {},
      onUpdate: (message: Message) => {
        updates.push(message)
        look()
      },
      updated: (count: number) =>
        new Promise<void>((resolve) => {
          look = () => updates.length === count && resolve()
          look()
        }),
    }
  }
  beforeEach(() => {
    rooms.open('r1', 3)
    rooms.serve()
  })

  test('are delivered while the room is open', async () => {
    const app = shows()
    await client().openRoom('r1', app)
    rooms.tell('r1', 'updateMessage', rooms.change('r1', 2, 'edited'))
    await app.updated(1)
    expect(texts(app.updates)).toEqual(['edited'])
  })

  test('that were missed are delivered page by page after a reconnect', async () => {
    rooms.limits.page = 2
    const app = shows()
    const open = await client().openRoom('r1', app)
    for (const seq of [1, 2, 3]) rooms.change('r1', seq, `edited ${seq}`)
    server().cut()
    await app.updated(3)
    expect(texts(app.updates)).toEqual(['edited 1', 'edited 2', 'edited 3'])
    expect(open.change).toBe(3)
    expect(server().asked('syncMessages')[0]?.input).toEqual({ roomId: 'r1', afterSeq: 3, afterChange: 0 })
  })

  test('are part of the message if that was missed, too', async () => {
    const heard: Message[] = []
    const app = { ...shows(), ...listener() }
    await client().openRoom('r1', { ...app, onMessage: (message) => heard.push(message) })
    rooms.add('r1', '4')
    rooms.change('r1', 4, 'edited')
    server().cut()
    await app.reported(1)
    expect(texts(heard)).toEqual(['edited'])
  })

  test('since `afterChange` are delivered first', async () => {
    rooms.change('r1', 1, 'older')
    rooms.change('r1', 2, 'edited')
    const app = shows()
    await client().openRoom('r1', { ...app, afterSeq: 3, afterChange: 1 })
    await app.updated(1)
    expect(texts(app.updates)).toEqual(['edited'])
  })
})
