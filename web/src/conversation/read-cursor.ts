import { ChatError, type OfflineChat } from '@chat/client'
import type { Message } from '@chat/contract'

/** Messages that arrive within this time are marked as read together. */
const BATCH_MS = 300

/** How far the user has read in a room. It never moves back. */
export class ReadCursor {
  private readonly chat: OfflineChat
  private readonly roomId: string
  private readonly onMoved: (fromSeq: number, seq: number) => void
  private seq = 0
  private next: Message | null = null
  private timer: ReturnType<typeof setTimeout> | null = null

  constructor(chat: OfflineChat, roomId: string, onMoved: (fromSeq: number, seq: number) => void) {
    this.chat = chat
    this.roomId = roomId
    this.onMoved = onMoved
  }

  startAt(seq: number) {
    this.seq = Math.max(this.seq, seq)
  }

  move(message: Message) {
    if (message.seq <= Math.max(this.seq, this.next?.seq ?? 0)) return
    this.next = message
    this.timer ??= setTimeout(() => void this.send(), BATCH_MS)
  }

  private async send() {
    const { next } = this
    this.timer = null
    this.next = null
    if (!next || next.seq <= this.seq) return
    this.onMoved(this.seq, next.seq)
    this.seq = next.seq
    try {
      await this.chat.ask('updateReadMessage', { roomId: this.roomId, messageId: next._id })
    } catch (error) {
      // The next connect joins the room again, which marks it as read.
      if (!(error instanceof ChatError)) throw error
    }
  }
}
