import type { Message, Output } from '@chat/contract'
import { RetryingClient, type Tally } from '../../load/retrying-client.ts'

type Page = Output<'syncMessages'>

/** A member with the room open. After each reconnect it joins again and syncs the messages it missed. */
export class Member {
  readonly userId: string
  readonly roomId: string
  readonly client: RetryingClient
  /** Received messages by seq. */
  readonly messages = new Map<number, Message>()
  /** Broken promises of live delivery. */
  readonly complaints: string[] = []
  /** The last seq that this connection delivered. */
  private last: number | null = null
  private opening: Promise<void> = Promise.resolve()

  constructor(url: string, token: string, place: { userId: string; roomId: string; tally: Tally }) {
    this.userId = place.userId
    this.roomId = place.roomId
    this.client = new RetryingClient(url, token, place.tally)
    this.client.socket.on(`listenMessage_${this.roomId}`, (message: Message) => this.onMessage(message))
    this.client.socket.on('connect', () => {
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
  private onMessage(message: Message) {
    if (this.last !== null && message.seq !== this.last + 1)
      this.complaints.push(`${this.userId} received ${message.seq} after ${this.last}`)
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
    if (!(await this.client.ask('joinRoom', this.roomId))) return
    for (let isBehind = true; isBehind; ) {
      const page = await this.client.ask<Page>('syncMessages', {
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
