/** So many emits, each a room written as JSON or an event to all who have one open, take well under a millisecond. */
const AT_ONCE = 2

/** Work of little urgency, done a little at a time: messages and acks go in between. */
export class LowPriorityQueue {
  private readonly queue: (() => void)[] = []
  private isScheduled = false

  add(tell: () => void) {
    this.queue.push(tell)
    this.schedule()
  }

  private schedule() {
    if (this.isScheduled) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      for (const tell of this.queue.splice(0, AT_ONCE)) tell()
      if (this.queue.length > 0) this.schedule()
    })
  }
}
