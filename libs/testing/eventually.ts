const DEADLINE_MS = 30_000
const PAUSE_MS = 20

/** Runs `check` until it stops throwing, and gives its result; what it threw last is thrown at the deadline. */
export async function eventually<T>(check: () => T | Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> {
  const deadline = Date.now() + deadlineMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}
