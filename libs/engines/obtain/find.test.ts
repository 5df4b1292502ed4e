import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { mongod, secantus } from '../programs/mongo.ts'
import { findProgram, programsFor } from './find.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-find-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const programs = [mongod, secantus]
const env = () => ({ PATH: `${folder}/none:${folder}/bin`, XDG_CACHE_HOME: folder })

async function place(...path: string[]): Promise<string> {
  const file = join(folder, ...path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, '#!/bin/sh\n')
  await chmod(file, 0o755)
  return file
}

test('a program on the PATH is preferred to a cached one', async () => {
  expect(await findProgram(programs, env())).toBeUndefined()
  const built = await place('chat-api', 'engines', secantus.cached.folder, secantus.cached.file)
  expect(await findProgram(programs, env())).toEqual({ program: secantus, file: built })
  const installed = await place('bin', 'mongod')
  expect(await findProgram(programs, env())).toEqual({ program: mongod, file: installed })
})

test('a file that is not executable is not found', async () => {
  await chmod(await place('bin', 'mongod'), 0o644)
  await mkdir(join(folder, 'bin', 'secantusd-rs'))
  expect(await findProgram(programs, env())).toBeUndefined()
})

test('a data folder is only used with the program that wrote it', async () => {
  expect(await programsFor(programs, folder)).toEqual(programs)
  await mkdir(join(folder, mongod.data))
  expect(await programsFor(programs, folder)).toEqual(programs)
  await place(secantus.data, 'WiredTiger')
  expect(await programsFor(programs, folder)).toEqual([secantus])
})
