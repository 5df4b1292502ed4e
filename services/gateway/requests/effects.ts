import type { Message, OperationName, Output } from '@chat/contract'
import type { ClientSocket } from '../connection/session.ts'
import type { MessageDelivery } from '../delivery/message-delivery.ts'

/** What an operation means for the socket that asked, besides its answer. */
export type Effect<Answer = unknown> = {
  before?: (socket: ClientSocket, input: unknown) => void
  succeeded?: (socket: ClientSocket, input: unknown, output: Answer) => Promise<void> | void
  failed?: (socket: ClientSocket, input: unknown) => void
}
export type Effects = { [K in OperationName]?: Effect<Output<K>> }

/** The author has read up to the message at once after the ack, whatever is asked next. */
const noteSent = (socket: ClientSocket, messages: Message[]) => {
  for (const { roomId, seq } of messages) socket.data.session?.noteSent(roomId, seq)
}

export const effectsOf = (delivery: MessageDelivery): Effects => ({
  joinRoom: {
    before: (_socket, input) => {
      if (typeof input === 'string') delivery.beginOpening(input)
    },
    succeeded: (socket, input, joined) => socket.data.openRooms?.open(input as string, joined),
    failed: (_socket, input) => {
      if (typeof input === 'string') delivery.cancelOpening(input)
    },
  },
  leaveRoom: { succeeded: (socket, input) => socket.data.openRooms?.close(input as string) },
  sendMessage: { succeeded: (socket, _input, { message }) => noteSent(socket, [message]) },
  sendFileMessage: {
    succeeded: (socket, input, { progress, message }) => {
      socket.emit(`progress_${(input as { syncKey: string }).syncKey}`, progress)
      if (message) noteSent(socket, [message])
    },
  },
  completeUpload: { succeeded: (socket, _input, { message }) => noteSent(socket, [message]) },
  shareMessage: { succeeded: (socket, _input, { messages }) => noteSent(socket, messages) },
})
