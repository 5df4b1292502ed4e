import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { birthOf } from './processes.ts'
import { endLeftOver, endProcess, readRecord, recordFile, writeRecord } from './record.ts'

const idle = () =>
  spawn(process.execPath, [
    '-e',
    "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)",
  ])

test('a recorded pid that now belongs to another program is left alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chat-record-'))
  const stranger = idle()
  const { pid = 0 } = stranger
  writeRecord(recordFile(folder, 'nats'), { port: 21_000, pid })

  expect(await endLeftOver(folder, 'nats', ['nats-server'])).toBeUndefined()
  // The right program, for another data folder.
  expect(await endLeftOver(folder, 'nats', ['node'])).toBeUndefined()
  expect(birthOf(pid)).toBeDefined()
  expect(readRecord(recordFile(folder, 'nats'))).toEqual({ port: 21_000, pid })
  stranger.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

test('a process that ignores SIGTERM is killed', async () => {
  const stubborn = idle()
  await once(stubborn.stdout, 'data')
  const exited = once(stubborn, 'exit')
  await endProcess(stubborn.pid ?? 0, 50)
  expect(await exited).toEqual([null, 'SIGKILL'])
})
