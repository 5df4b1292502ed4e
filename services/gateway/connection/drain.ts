import { setTimeout as delay } from 'node:timers/promises'
import type { Dispatch } from '../requests/dispatch.ts'
import type { ClientSocket, Clients } from './session.ts'

/** All connections are asked to close within this, however many there are. */
const SPREAD_MS = 1_500
const STEP_MS = 50
const MIN_PER_STEP = 100
/** A request that takes longer is not waited for: the client sends it again to another gateway. */
const FINISH_WITHIN_MS = 2_500
/** A client that does not read its last events is not waited for any longer. */
const FLUSH_WITHIN_MS = 500

/**
 * Closes every connection once its requests are answered. Clients reconnect by themselves to another gateway; a few at a
 * time, so that they do not all arrive there at once.
 */
export async function drainSockets({ sockets }: Clients, dispatch: Dispatch) {
  const waiting = [...sockets.values()]
  const perStep = Math.max(MIN_PER_STEP, Math.ceil((waiting.length * STEP_MS) / SPREAD_MS))
  const closing: Promise<void>[] = []
  while (waiting.length > 0) {
    closing.push(...waiting.splice(0, perStep).map((socket) => close(socket, dispatch)))
    if (waiting.length > 0) await delay(STEP_MS)
  }
  await Promise.all(closing)
}

async function close(socket: ClientSocket, dispatch: Dispatch) {
  const closed = Promise.withResolvers<void>()
  socket.conn.once('close', () => closed.resolve())
  await within(FINISH_WITHIN_MS, dispatch.idle(socket))
  // The connection and not the socket: a client that is disconnected by the server does not reconnect.
  socket.conn.close()
  await within(FLUSH_WITHIN_MS, closed.promise)
}

const within = (ms: number, work: Promise<void>) => Promise.race([work, delay(ms, undefined, { ref: false })])
