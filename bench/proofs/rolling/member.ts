import type { Message, Output } from '@chat/contract'
import { Asker, type Tally } from '../../load/asker.ts'

type Page = Output<'syncMessages'>

/**
 * A member who has the room open, and opens it again after each reconnect. What they were away for they ask for.
 */
export class Member {
  readonly userId: string
  readonly roomId: string
  readonly asker: Asker
  /** Messages as they came, by their number. */
  readonly messages = new Map<number, Message>()
  /** Broken promises of live delivery. */
  readonly complaints: string[] = []
  /** The number that a connection delivered last. */
  private last: number | null = null
  private opening: Promise<void> = Promise.resolve()

  constructor(url: string, token: string, place: { userId: string; roomId: string; tally: Tally }) {
    this.userId = place.userId
    this.roomId = place.roomId
    this.asker = new Asker(url, token, place.tally)
    this.asker.socket.on(`listenMessage_${this.roomId}`, (message: Message) => this.hear(message))
    this.asker.socket.on('connect', () => {
      this.last = null
      this.opening = this.open()
    })
  }

  get lastSeq() {
    return Math.max(0, ...this.messages.keys())
  }

  /** Resolves when the room is open and nothing is missing. */
  async ready() {
    for (let opening: Promise<void> | undefined; opening !== this.opening; ) {
      opening = this.opening
      await opening
    }
  }

  /** On one connection each message comes once, in order. */
  private hear(message: Message) {
    if (this.last !== null && message.seq !== this.last + 1)
      this.complaints.push(`${this.userId} heard ${message.seq} after ${this.last}`)
    this.last = message.seq
    this.keep(message)
  }

  private keep(message: Message) {
    const known = this.messages.get(message.seq)
    if (known && known.syncKey !== message.syncKey)
      this.complaints.push(`${this.userId} has two messages with number ${message.seq}`)
    this.messages.set(message.seq, message)
  }

  private async open() {
    const contiguous = () => {
      let seq = 0
      while (this.messages.has(seq + 1)) seq += 1
      return seq
    }
    if (!(await this.asker.ask('joinRoom', this.roomId))) return
    for (let isBehind = true; isBehind; ) {
      const page = await this.asker.ask<Page>('syncMessages', {
        roomId: this.roomId,
        afterSeq: contiguous(),
      })
      if (!page) return
      if (!page.recovered) this.complaints.push(`${this.userId} was not told all`)
      for (const message of page.list) this.keep(message)
      isBehind = page.list.length > 0 && contiguous() < page.lastSeq
    }
  }
}
