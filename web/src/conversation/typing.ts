import { ChatError, type OfflineChat } from '@chat/client'

/** Sent again while somebody goes on: what the other side shows ends by itself after 5 s. */
const AGAIN_MS = 3_000

/** Tells the other one in a room of two that one is writing. */
export class Typing {
  private readonly chat: OfflineChat
  private readonly roomId: string
  private toldAt = 0

  constructor(chat: OfflineChat, roomId: string) {
    this.chat = chat
    this.roomId = roomId
  }

  /** The text has changed. */
  note(isTyping: boolean) {
    const now = performance.now()
    const isDue = isTyping ? now - this.toldAt > AGAIN_MS || this.toldAt === 0 : this.toldAt > 0
    if (!isDue || this.chat.state !== 'connected') return
    this.toldAt = isTyping ? now : 0
    const telling = this.chat.ask('typing', { roomId: this.roomId, isTyping })
    // Nobody misses it where it does not arrive.
    telling.catch((error) => error instanceof ChatError || Promise.reject(error))
  }
}
