import type { Socket } from 'node:net'

/** What comes at one end goes out at the other; they end together. @param ends those that are open */
export function joinEnds(near: Socket, far: Socket, ends: Set<Socket>) {
  for (const [end, other] of [
    [near, far],
    [far, near],
  ] as const) {
    ends.add(end)
    end.on('error', () => {})
    end.once('close', () => {
      ends.delete(end)
      // What it has been given still goes out.
      other.destroySoon()
    })
    end.pipe(other)
  }
}
