import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Program, Recipe } from '../engine.ts'
import { natsServer } from '../programs/nats.ts'
import { cook } from './build.ts'

let cache: string
let lines: string[]
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'chat-build-'))
  lines = []
})
afterEach(() => rm(cache, { recursive: true, force: true }))

const program: Program = { ...natsServer, cached: { folder: 'thing-1', file: 'bin/thing' } }
const target = () => join(cache, 'chat-api', 'engines', 'thing-1', 'bin', 'thing')

const recipe = (script: string, patienceMs?: number): Recipe => ({
  tool: process.execPath,
  toolName: 'Node',
  args: () => ['-e', script],
  env: () => ({ GREETING: 'hello' }),
  result: 'thing',
  takes: 'no time',
  ...(patienceMs !== undefined && { patienceMs }),
})

const make = (script: string, patienceMs?: number) =>
  cook('Thing', program, recipe(script, patienceMs), {
    env: { ...process.env, XDG_CACHE_HOME: cache },
    log: (line) => lines.push(line),
  })

const writes = "console.log(1); fs.writeFileSync('thing', process.env.GREETING, { mode: 0o755 })"

test('concurrent requests for one program share one build', async () => {
  expect(await Promise.all([make(writes), make(writes)])).toEqual([target(), target()])
  expect(lines.filter((line) => line.includes('takes no time'))).toHaveLength(1)
})

test('a failed build reports its last output and leaves no program', async () => {
  const failing = make(
    "fs.writeFileSync('thing', 'half', { mode: 0o755 }); console.error('no memory'); process.exit(1)",
  )
  await expect(failing).rejects.toThrow(/could not be installed(.|\n)*no memory/)
  await expect(access(target())).rejects.toThrow('ENOENT')
  expect(await make(writes)).toBe(target())
})

test('a download without progress is given up', async () => {
  await expect(make('setInterval(() => {}, 1000)', 200)).rejects.toThrow('could not be installed')
})

test('an aborted build ends', async () => {
  const abort = new AbortController()
  const building = cook('Thing', program, recipe('setInterval(() => {}, 1000)'), {
    env: { ...process.env, XDG_CACHE_HOME: cache },
    log: () => abort.abort(),
    signal: abort.signal,
  })
  await expect(building).rejects.toThrow('aborted')
})
