import type { Envelope, Room } from '@chat/contract'
import { io, type Socket } from 'socket.io-client'
import type { TestStack } from './stack.ts'

/** A client as the original document describes it: socket.io-client and nothing else. */
export class PlainClient {
  readonly socket: Socket
  /** Every event that was received, in order. */
  readonly heard: { event: string; payload: never }[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.onAny((event: string, payload) => this.heard.push({ event, payload: payload as never }))
  }

  /** The ack of an emit. */
  ask(event: string, payload?: unknown): Promise<Envelope<never>> {
    return this.socket.timeout(20_000).emitWithAck(event, payload)
  }

  /** The data of an ack. @throws if the ack is a failure */
  async get<T = never>(event: string, payload?: unknown): Promise<T> {
    const envelope = await this.ask(event, payload)
    if (!envelope.success) throw new Error(`${event} answered ${envelope.error}: ${envelope.message}`)
    return envelope.data as T
  }

  payloads<T = never>(event: string): T[] {
    return this.heard.filter((item) => item.event === event).map((item) => item.payload)
  }

  /** The room's last state in an event of that name. */
  told(event: 'listenRoom' | 'updateRoomLastMessage', roomId: string): Room | undefined {
    return this.payloads<Room>(event).findLast(({ _id }) => _id === roomId)
  }

  /** Every received state of a room, in order, from any event. */
  shown(roomId: string): Room[] {
    const isOfRoom = ({ event, payload }: { event: string; payload: Room }) =>
      (event === 'listenRoom' || event === 'updateRoomLastMessage') && payload._id === roomId
    return this.heard.filter(isOfRoom).map(({ payload }) => payload)
  }

  close() {
    this.socket.close()
  }
}

/** @throws the server's refusal, with `error.data.code` */
export async function connectPlain(
  url: string,
  token: unknown,
  options: { namespace?: string; reconnection?: boolean } = {},
) {
  const socket = io(`${url}${options.namespace ?? '/chat'}`, {
    transports: ['websocket'],
    auth: { token },
    reconnection: options.reconnection ?? false,
    forceNew: true,
  })
  const client = new PlainClient(socket)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', (error) => {
      socket.close()
      reject(error)
    })
  })
  return client
}

export const connectAs = async (stack: TestStack, userId: string, gateway = 0) =>
  connectPlain(stack.gatewayUrls[gateway] as string, await stack.token(userId))
