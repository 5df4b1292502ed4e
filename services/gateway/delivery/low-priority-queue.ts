/** So many emits take well under a millisecond. */
const EMITS_PER_TURN = 64

type Task = { emits: number; run: () => void }

/**
 * Runs tasks a few per turn of the event loop, so that messages and acks go in between. A turn takes tasks of one room: what
 * they emit to one socket is written at once.
 */
export class LowPriorityQueue {
  private readonly tasks = new Map<string, Task[]>()
  private isScheduled = false

  /** @param emits to how many sockets it emits */
  add(roomId: string, emits: number, run: () => void) {
    const known = this.tasks.get(roomId)
    if (known) known.push({ emits, run })
    else this.tasks.set(roomId, [{ emits, run }])
    this.schedule()
  }

  private schedule() {
    if (this.isScheduled) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      for (const { run } of this.take()) run()
      if (this.tasks.size > 0) this.schedule()
    })
  }

  /** The first tasks of a room. What is left of it waits until the other rooms had a turn. */
  private take(): Task[] {
    const [first] = this.tasks
    if (!first) return []
    const [roomId, tasks] = first
    let count = 0
    for (let emits = 0; count < tasks.length && (count === 0 || emits < EMITS_PER_TURN); count++)
      emits += (tasks[count] as Task).emits
    const taken = tasks.splice(0, count)
    this.tasks.delete(roomId)
    if (tasks.length > 0) this.tasks.set(roomId, tasks)
    return taken
  }
}
