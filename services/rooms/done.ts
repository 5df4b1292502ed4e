/** The answer of operations that return nothing else. */
export async function done(work: Promise<unknown>) {
  await work
  return { result: true }
}
