import { ChatError, type OfflineChat } from '@chat/client'

/** Repeated while the user types: the other side hides it after 5 s. */
const REPEAT_MS = 3_000

/** Sends `typing` to the other member of a room of two. */
export class TypingNotifier {
  private readonly chat: OfflineChat
  private readonly roomId: string
  private sentAt = 0

  constructor(chat: OfflineChat, roomId: string) {
    this.chat = chat
    this.roomId = roomId
  }

  /** Call when the text has changed. */
  update(isTyping: boolean) {
    const now = performance.now()
    const isDue = isTyping ? now - this.sentAt > REPEAT_MS || this.sentAt === 0 : this.sentAt > 0
    if (!isDue || this.chat.state !== 'connected') return
    this.sentAt = isTyping ? now : 0
    const request = this.chat.ask('typing', { roomId: this.roomId, isTyping })
    // It is not worth a retry.
    request.catch((error) => error instanceof ChatError || Promise.reject(error))
  }
}
