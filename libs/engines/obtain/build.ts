import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Program, Recipe } from '../engine.ts'
import { lock, type Release } from '../process/lock.ts'
import { cachedFile, cacheFolder, isExecutable, onPath } from './find.ts'

type Kitchen = { env: NodeJS.ProcessEnv; log: (line: string) => void; signal?: AbortSignal }

/** Makes a program in a folder of its own and moves it into the cache in one step. Other processes wait. */
export async function cook(title: string, program: Program, recipe: Recipe, site: Kitchen): Promise<string> {
  const cache = cacheFolder(site.env)
  const target = cachedFile(cache, program)
  const staging = join(cache, '.building', program.cached.folder)
  await mkdir(staging, { recursive: true })
  const release = await takeTurn(`${staging}.lock`, title, site)
  try {
    if (await isExecutable(target)) return target
    site.log(`${title}: getting ${program.cached.folder} with ${nameOf(recipe)}; takes ${recipe.takes}`)
    await run(title, recipe, staging, site)
    await mkdir(dirname(target), { recursive: true })
    await rename(join(staging, recipe.result), target)
    await rm(staging, { recursive: true, force: true })
    return target
  } finally {
    await release()
  }
}

async function takeTurn(folder: string, title: string, { log, signal }: Kitchen): Promise<Release> {
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted()
    try {
      return await lock(folder, 2000, (pid) => new Busy(`${title} is being built by process ${pid}`))
    } catch (error) {
      if (!(error instanceof Busy)) throw error
      if (tries % 5 === 0) log(`${error.message}; waiting for it`)
    }
  }
}

class Busy extends Error {}

const nameOf = ({ tool, patienceMs }: Recipe) => (patienceMs === undefined ? tool : 'its downloader')

async function run(title: string, recipe: Recipe, staging: string, { env, log, signal }: Kitchen) {
  const tool = (await onPath(recipe.tool, env)) ?? recipe.tool
  const child = spawn(tool, recipe.args(staging), {
    cwd: staging,
    env: { ...env, ...recipe.env(staging) },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  })
  const last = lastLines([child.stdout, child.stderr])
  const began = Date.now()
  const seconds = () => Math.round((Date.now() - began) / 1000)
  const progress = setInterval(() => log(`${title}: ${seconds()} s, ${last.at(-1) ?? 'working'}`), 10_000)
  const { patienceMs = 2 ** 31 - 1 } = recipe
  const giveUp = setTimeout(() => last.length === 0 && child.kill('SIGKILL'), patienceMs)
  try {
    const [code] = await once(child, 'close')
    if (code !== 0)
      throw new Error([`${title} could not be installed with ${nameOf(recipe)}:`, ...last].join('\n'))
  } finally {
    clearInterval(progress)
    clearTimeout(giveUp)
  }
}

function lastLines(streams: Readable[]): string[] {
  const lines: string[] = []
  for (const stream of streams)
    createInterface(stream).on('line', (line) => {
      if (line.trim() !== '') lines.push(line.trim())
      if (lines.length > 15) lines.shift()
    })
  return lines
}
