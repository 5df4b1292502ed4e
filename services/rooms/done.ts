export async function done(work: Promise<unknown>) {
  await work
  return { result: true }
}
