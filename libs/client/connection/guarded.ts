/** An app's callback, whose exception surfaces as an uncaught one instead of ending what called it. */
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
