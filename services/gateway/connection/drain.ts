import { setTimeout as delay } from 'node:timers/promises'
import type { Namespace, Socket } from 'socket.io'
import type { Dispatch } from '../requests/dispatch.ts'

/** All have gone within this, however many they are. */
const SPREAD_MS = 1_500
const TURN_MS = 50
const AT_ONCE = 100
/** What takes longer is not waited for: the client sends it again, somewhere else. */
const FINISH_WITHIN_MS = 2_500
/** What is on its way to a client that does not read is not waited for either. */
const FLUSH_WITHIN_MS = 500

/**
 * Closes every connection as soon as what came over it is answered; clients connect again by themselves, to another
 * gateway. A few at a time, so that they do not all arrive there in one moment.
 */
export async function sendAway({ sockets }: Namespace, dispatch: Dispatch) {
  const leaving = [...sockets.values()]
  const atOnce = Math.max(AT_ONCE, Math.ceil((leaving.length * TURN_MS) / SPREAD_MS))
  const gone: Promise<void>[] = []
  while (leaving.length > 0) {
    gone.push(...leaving.splice(0, atOnce).map((socket) => close(socket, dispatch)))
    if (leaving.length > 0) await delay(TURN_MS)
  }
  await Promise.all(gone)
}

async function close(socket: Socket, dispatch: Dispatch) {
  const closed = Promise.withResolvers<void>()
  socket.conn.once('close', () => closed.resolve())
  await within(FINISH_WITHIN_MS, dispatch.idle(socket))
  // The connection and not the socket: told to disconnect, a client would stay away.
  socket.conn.close()
  await within(FLUSH_WITHIN_MS, closed.promise)
}

async function within(ms: number, work: Promise<void>) {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, ms)
  await Promise.race([work, late.promise])
  clearTimeout(timer)
}
