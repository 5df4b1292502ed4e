import { WebSocket } from 'ws'

const NAMESPACE = '/chat'
const CONNECT_DEADLINE_MS = 10_000

type FrameHandler = (frame: string) => void

/**
 * A cheap socket.io client that reads and writes the frames of engine.io protocol 4 and socket.io protocol 5 itself.
 * Sources: github.com/socketio/engine.io-protocol, github.com/socketio/socket.io-protocol.
 */
export class RawSocket {
  private readonly ws: WebSocket
  private readonly acks = new Map<number, FrameHandler>()
  private lastId = 0
  /** Called with each event frame. */
  onFrame: FrameHandler = () => {}

  private constructor(ws: WebSocket) {
    this.ws = ws
  }

  /** Resolves when the namespace is entered. @throws with what the server refused with */
  static async connect(url: string, token: string): Promise<RawSocket> {
    const ws = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false })
    const socket = new RawSocket(ws)
    const entered = Promise.withResolvers<void>()
    const deadline = setTimeout(() => entered.reject(new Error('not connected in time')), CONNECT_DEADLINE_MS)
    ws.on('error', entered.reject)
    ws.on('close', () => entered.reject(new Error('closed')))
    ws.on('message', (data: Buffer) => {
      const frame = data.toString('latin1')
      if (frame.startsWith('43')) socket.settle(frame)
      else if (frame.startsWith('42')) socket.onFrame(frame)
      else if (frame === '2') ws.send('3')
      else if (frame.startsWith('0')) ws.send(`40${NAMESPACE},${JSON.stringify({ token })}`)
      else if (frame.startsWith('40')) entered.resolve()
      else if (frame.startsWith('44')) entered.reject(new Error(frame))
    })
    try {
      await entered.promise
    } catch (error) {
      ws.terminate()
      throw error
    } finally {
      clearTimeout(deadline)
    }
    return socket
  }

  /** `payload` is JSON; `acked` gets the answer's JSON, decoded as latin1. */
  emit(event: string, payload: string, acked: FrameHandler) {
    this.acks.set(++this.lastId, acked)
    this.ws.send(`42${NAMESPACE},${this.lastId}["${event}",${payload}]`)
  }

  close() {
    this.ws.close()
  }

  private settle(frame: string) {
    const start = frame.indexOf('[')
    const id = Number(frame.slice(2 + NAMESPACE.length + 1, start))
    const acked = this.acks.get(id)
    this.acks.delete(id)
    acked?.(frame.slice(start + 1, -1))
  }
}
