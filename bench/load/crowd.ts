import { setTimeout as delay } from 'node:timers/promises'
import { RawSocket } from './raw-socket.ts'

export type RoomPlan = { roomId: string; tokens: string[] }
/** The acked syncKeys of a room, each at index `seq` - 1. */
export type Acked = { roomId: string; syncKeys: string[] }
export type Outcome = { acked: Acked[]; deliveries: number; problems: string[] }

const CONNECTS_AT_ONCE = 20
const SETTLE_MS = 5_000
const SHOWN_PROBLEMS = 10
const SUCCESS = '{"success":true'
const TEXT =
  'What a message of ordinary length looks like: about a hundred characters, one line, no surprises.'

type Room = { roomId: string; members: Member[]; syncKeys: string[] }
type Member = { socket: RawSocket; room: Room; lastSeq: number }

const seqIn = (json: string, from = 0) => Number.parseInt(json.slice(json.indexOf('"seq":', from) + 6), 10)

/** All connected clients. Checks that each receives every acked message of its room once and in order. */
export class Crowd {
  private readonly rooms: Room[] = []
  private readonly problems: string[] = []
  private problemCount = 0
  private waiting = 0
  private deliveries = 0
  private sent = 0

  /** Connects all clients; each opens its room. */
  async open(url: string, plans: RoomPlan[]) {
    const todo: (() => Promise<void>)[] = []
    for (const { roomId, tokens } of plans) {
      const room: Room = { roomId, members: [], syncKeys: [] }
      this.rooms.push(room)
      for (const token of tokens) todo.push(() => this.enter(url, token, room))
    }
    const work = async () => {
      for (let next = todo.pop(); next; next = todo.pop()) await next()
    }
    await Promise.all(Array.from({ length: CONNECTS_AT_ONCE }, work))
  }

  private async enter(url: string, token: string, room: Room) {
    const member: Member = { socket: await RawSocket.connect(url, token), room, lastSeq: 0 }
    const prefix = `42/chat,["listenMessage_${room.roomId}"`
    member.socket.onFrame = (frame) => {
      if (frame.startsWith(prefix)) this.check(member, frame, prefix.length)
    }
    const answer = await new Promise<string>((resolve) =>
      member.socket.emit('joinRoom', JSON.stringify(room.roomId), resolve),
    )
    if (!answer.startsWith(SUCCESS)) this.addProblem(`joinRoom: ${answer}`)
    room.members.push(member)
  }

  private check(member: Member, frame: string, from: number) {
    const seq = seqIn(frame, from)
    if (seq !== member.lastSeq + 1)
      this.addProblem(`received ${seq} after ${member.lastSeq} in ${member.room.roomId}`)
    member.lastSeq = seq
    this.deliveries += 1
  }

  /** Sends as sender `index`: senders go round the rooms first, then round each room's members. */
  send(index: number, acked: () => void) {
    const room = this.rooms[index % this.rooms.length] as Room
    const member = room.members[Math.floor(index / this.rooms.length) % room.members.length] as Member
    const syncKey = `key-${this.sent++}`
    const draft = { syncKey, roomId: room.roomId, data: { type: 'TEXT', content: TEXT } }
    this.waiting += 1
    member.socket.emit('sendMessage', JSON.stringify(draft), (answer) => {
      this.waiting -= 1
      if (answer.startsWith(SUCCESS)) room.syncKeys[seqIn(answer) - 1] = syncKey
      else this.addProblem(`sendMessage: ${answer}`)
      acked()
    })
  }

  private addProblem(problem: string) {
    this.problemCount += 1
    if (this.problems.length < SHOWN_PROBLEMS) this.problems.push(problem)
  }

  /** Waits for pending sends and deliveries, disconnects all clients, and returns the outcome. */
  async finish(): Promise<Outcome> {
    const expected = () =>
      this.rooms.reduce((sum, room) => sum + room.syncKeys.length * room.members.length, 0)
    for (const deadline = Date.now() + SETTLE_MS; Date.now() < deadline; await delay(20))
      if (this.waiting === 0 && this.deliveries >= expected()) break
    // A duplicate delivery may come late.
    await delay(100)
    if (this.waiting > 0) this.addProblem(`${this.waiting} sends were never answered`)
    if (this.deliveries !== expected())
      this.addProblem(`${this.deliveries} deliveries, but acks × members is ${expected()}`)
    for (const { members } of this.rooms) for (const { socket } of members) socket.close()
    if (this.problemCount > this.problems.length) this.problems.push(`${this.problemCount} problems in all`)
    return {
      acked: this.rooms.map(({ roomId, syncKeys }) => ({ roomId, syncKeys: Array.from(syncKeys) })),
      deliveries: this.deliveries,
      problems: this.problems,
    }
  }
}
