/** So many emits, each a room as JSON or an event to everybody in an open room, take well under a millisecond. */
const BATCH_SIZE = 2

/** Runs tasks a few per turn of the event loop, so that messages and acks go in between. */
export class LowPriorityQueue {
  private readonly tasks: (() => void)[] = []
  private isScheduled = false

  add(task: () => void) {
    this.tasks.push(task)
    this.schedule()
  }

  private schedule() {
    if (this.isScheduled) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      for (const task of this.tasks.splice(0, BATCH_SIZE)) task()
      if (this.tasks.length > 0) this.schedule()
    })
  }
}
