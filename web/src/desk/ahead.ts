import type { OfflineChat } from '@chat/client'

// What the contract promises and a server of an earlier version does not have: it refuses, and the page goes without.

export type Standing = { userId: string; online: boolean; lastSeenAt: string | null }
type Asked = {
  queryPresence: [input: { userIds: string[] }, answer: { list: Standing[] }]
  typing: [input: { roomId: string; isTyping: boolean }, answer: { result: boolean }]
  setMentionAlarm: [input: { on: boolean }, answer: { result: boolean }]
  exportMessages: [input: { roomId: string; format: 'JSON' | 'CSV' | 'TXT' }, answer: { exportId: string }]
}
type Heard = {
  presence: Standing
  exportReady: { exportId: string; url: string; expiresAt: string }
}
type Ahead = {
  ask<E extends keyof Asked>(event: E, input: Asked[E][0]): Promise<Asked[E][1]>
  on<E extends keyof Heard>(event: E, listener: (payload: Heard[E]) => void): () => void
  onRoom(
    event: 'typing',
    roomId: string,
    listener: (payload: { userId: string; isTyping: boolean }) => void,
  ): () => void
}

/** The same client, with types for what its own contract may not know yet. */
export const ahead = (chat: OfflineChat) => chat as unknown as Ahead
