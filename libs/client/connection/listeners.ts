/** Calls an app's callback. Its exception surfaces as an uncaught one instead of ending what called it. */
export const guarded =
  <A extends unknown[]>(callback: (...args: A) => unknown) =>
  (...args: A): void => {
    try {
      callback(...args)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }

export class Listeners<A extends unknown[]> {
  private readonly callbacks = new Set<(...args: A) => void>()

  /** @returns the function that removes the listener */
  add(listener: (...args: A) => unknown): () => void {
    const callback = guarded(listener)
    this.callbacks.add(callback)
    return () => this.callbacks.delete(callback)
  }

  call(...args: A) {
    for (const callback of [...this.callbacks]) callback(...args)
  }

  clear() {
    this.callbacks.clear()
  }
}
