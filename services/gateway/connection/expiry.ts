import type { Socket } from 'socket.io'

/** setTimeout() fires at once for longer delays: its argument is a signed 32-bit number of milliseconds. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

/** Ends the connection, after telling it why. */
export function endNow(socket: Socket, userId: string) {
  socket.emit('tokenExpired', { userId })
  socket.disconnect(true)
}

/** Ends the connection when its token expires. */
export function endAtExpiry(socket: Socket, userId: string, expiresAt: number) {
  const wait = () => {
    const left = expiresAt - Date.now()
    if (left > 0) return setTimeout(next, Math.min(left, LONGEST_DELAY_MS)).unref()
    endNow(socket, userId)
    return undefined
  }
  let timer = wait()
  function next() {
    timer = wait()
  }
  socket.on('disconnect', () => clearTimeout(timer))
}
