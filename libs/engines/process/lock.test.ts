import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { lock } from './lock.ts'
import { birthOf } from './processes.ts'

let folder: string
const heldBy = (pid: number) => new Error(`held by ${pid}`)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a second process waits until the first releases the lock', async () => {
  const release = await lock(folder, 0, heldBy)
  await expect(lock(folder, 0, heldBy)).rejects.toThrow(`held by ${process.pid}`)
  const second = lock(folder, 5000, heldBy)
  await release()
  await (await second)()
  expect(await readdir(folder)).toEqual([])
})

test('a live process keeps its lock', async () => {
  await writeFile(join(folder, `${process.ppid}-${birthOf(process.ppid)}`), '')
  await expect(lock(folder, 0, heldBy)).rejects.toThrow(`held by ${process.ppid}`)
})

test('the lock of a dead process does not block, even if its pid is used again', async () => {
  await writeFile(join(folder, '99999999-1'), '')
  await writeFile(join(folder, `${process.ppid}-1`), '')
  await (await lock(folder, 0, heldBy))()
  expect(await readdir(folder)).toEqual([])
})
