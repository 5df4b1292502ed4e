import type { Socket } from 'node:net'

/** Joins two sockets in both directions. They end together. @param ends the sockets that are open */
export function joinEnds(near: Socket, far: Socket, ends: Set<Socket>) {
  for (const [end, other] of [
    [near, far],
    [far, near],
  ] as const) {
    ends.add(end)
    end.on('error', () => {})
    end.once('close', () => {
      ends.delete(end)
      // Data that was written is still sent.
      other.destroySoon()
    })
    end.pipe(other)
  }
}
