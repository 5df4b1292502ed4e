import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { birthOf } from './processes.ts'

export type Release = () => Promise<void>

/**
 * Takes a lock that ends with this process at the latest. Every process writes a claim, a file named after itself,
 * before it looks for other claims: of two processes at least one sees the other and steps back. Claims are never
 * renewed or taken over, so any process may remove the claim of a dead one.
 *
 * @param waitMs how long to wait for a live owner before `heldBy` is thrown
 * @param heldBy makes the error from the owner's pid
 */
export async function lock(folder: string, waitMs: number, heldBy: (pid: number) => Error): Promise<Release> {
  await mkdir(folder, { recursive: true })
  const mine = `${process.pid}-${birthOf(process.pid)}`
  const deadline = Date.now() + waitMs
  for (;;) {
    const owner = (await otherOwner(folder, mine)) ?? (await claim(folder, mine))
    if (typeof owner !== 'number') return owner
    if (Date.now() >= deadline) throw heldBy(owner)
    // Random, so that two processes that stepped back together do not collide again.
    await delay(50 + Math.random() * 100)
  }
}

async function claim(folder: string, mine: string): Promise<Release | number> {
  const file = join(folder, mine)
  const release = () => rm(file, { force: true })
  try {
    await writeFile(file, '', { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return process.pid
    throw error
  }
  const other = await otherOwner(folder, mine)
  if (other === undefined) return release
  await release()
  return other
}

async function otherOwner(folder: string, mine: string): Promise<number | undefined> {
  for (const name of await readdir(folder)) {
    if (name === mine) continue
    const [pid, birth] = name.split('-')
    if (birthOf(Number(pid)) === birth) return Number(pid)
    await rm(join(folder, name), { force: true })
  }
  return undefined
}
