import type { Socket } from 'socket.io'

/** setTimeout() fires at once for longer delays: its argument is a signed 32-bit number of milliseconds. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

type Disconnectable = Pick<Socket, 'emit' | 'disconnect'>

/** Tells the client why, then ends the connection. */
export function endNow(socket: Disconnectable, userId: string) {
  socket.emit('tokenExpired', { userId })
  socket.disconnect(true)
}

/** Ends the connection when its token expires. @param expiresAt in milliseconds since the epoch */
export function endAtExpiry(socket: Disconnectable & Pick<Socket, 'on'>, userId: string, expiresAt: number) {
  let timer: NodeJS.Timeout | undefined
  const wait = () => {
    const left = expiresAt - Date.now()
    if (left <= 0) return endNow(socket, userId)
    timer = setTimeout(wait, Math.min(left, LONGEST_DELAY_MS)).unref()
  }
  wait()
  socket.on('disconnect', () => clearTimeout(timer))
}
