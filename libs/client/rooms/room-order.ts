import type { Message } from '@chat/contract'
import { supersedes } from '../cache/room-window.ts'

/** Beyond this many, messages that wait for a gap are fetched again instead of kept. */
const MAX_HELD = 200

/** One room's messages as they come, handed on in `seq` order and each once. */
export class RoomOrder {
  /** Everything up to this seq has been handed on; null until it is known where to begin. */
  at: number | null = null
  /** The highest seq that is known to exist. */
  private highest = 0
  private readonly held = new Map<number, Message>()
  private readonly deliver: (message: Message) => void
  private readonly update: (message: Message) => void

  constructor(deliver: (message: Message) => void, update: (message: Message) => void = () => {}) {
    this.deliver = deliver
    this.update = update
  }

  /** Whether something that exists has not been handed on. */
  get isBehind() {
    return this.at !== null && this.at < this.highest
  }

  startAt(seq: number) {
    this.at = seq
    this.advance()
  }

  /** The room has messages up to here. */
  know(seq: number) {
    this.highest = Math.max(this.highest, seq)
  }

  /** The room ends before where this client was: it was restored from an older state. */
  goBackTo(seq: number) {
    this.held.clear()
    this.highest = seq
    this.at = seq
  }

  /** A live message. */
  take(message: Message) {
    this.know(message.seq)
    const isNext = this.at !== null && message.seq <= this.at + 1
    if (isNext || this.held.size < MAX_HELD) this.hold(message)
    this.advance()
  }

  /** A later state of a message. Of one that was not handed on yet, it is what will be. */
  revise(message: Message) {
    if (this.at === null || message.seq > this.at) this.take(message)
    else this.update(message)
  }

  /** A page of what was missed: what is absent between its messages is gone. */
  fill(page: Message[]) {
    const end = page.at(-1)?.seq ?? 0
    for (const message of page) this.hold(message)
    this.handOnUpTo(end)
    this.advance()
  }

  /** Nothing more can be had: what is held is handed on, and the rest is given up. */
  giveUpGap() {
    this.handOnUpTo(this.highest)
    if (this.at !== null) this.at = Math.max(this.at, this.highest)
  }

  private hold(message: Message) {
    if (supersedes(message, this.held.get(message.seq))) this.held.set(message.seq, message)
  }

  private handOnUpTo(end: number) {
    const due = [...this.held.keys()].filter((seq) => seq <= end).sort((a, b) => a - b)
    for (const seq of due) this.handOn(seq)
  }

  private advance() {
    if (this.at === null) return
    for (const seq of this.held.keys()) if (seq <= this.at) this.held.delete(seq)
    while (this.held.has(this.at + 1)) this.handOn(this.at + 1)
  }

  private handOn(seq: number) {
    const message = this.held.get(seq)
    this.held.delete(seq)
    if (!message || this.at === null || seq <= this.at) return
    this.at = seq
    this.deliver(message)
  }
}
