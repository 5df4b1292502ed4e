import type { Engine, Program, Recipe } from '../engine.ts'
import { cook } from './build.ts'
import { type Found, findProgram, onPath, programsFor } from './find.ts'

export type Wanted = {
  dataDir: string
  env: NodeJS.ProcessEnv
  log: (line: string) => void
  signal?: AbortSignal
}

/** A binary for each engine. Nothing is built unless all that is missing can be. @throws naming engines and ways on */
export async function obtain(wanted: Engine[], options: Wanted): Promise<Map<Engine, Found>> {
  const found = new Map<Engine, Found>()
  const missing: Engine[] = []
  for (const { programs, ...rest } of wanted) {
    const engine = { ...rest, programs: await programsFor(programs, options.dataDir) }
    const hit = (await findProgram(engine.programs, options.env)) ?? (await download(engine, options))
    if (hit) found.set(engine, hit)
    else missing.push(engine)
  }
  const builders = await Promise.all(missing.map((engine) => buildable(engine, options.env)))
  const hopeless = missing.filter((_, index) => !builders[index])
  if (hopeless.length > 0) throw new Error(waysOn(hopeless))
  for (const [index, engine] of missing.entries()) {
    const program = builders[index]
    if (program?.build) found.set(engine, await build(engine, program, program.build, options))
  }
  return found
}

async function download(engine: Engine, options: Wanted): Promise<Found | undefined> {
  for (const program of engine.programs) {
    if (!program.download) continue
    try {
      return { program, file: await cook(engine.title, program, program.download, options) }
    } catch {
      options.signal?.throwIfAborted()
      options.log(`${engine.title}: ${program.command} cannot be downloaded here`)
    }
  }
  return undefined
}

async function buildable({ programs }: Engine, env: NodeJS.ProcessEnv): Promise<Program | undefined> {
  for (const program of programs) {
    if (program.build && (await onPath(program.build.tool, env))) return program
  }
  return undefined
}

async function build(engine: Engine, program: Program, recipe: Recipe, options: Wanted): Promise<Found> {
  try {
    return { program, file: await cook(engine.title, program, recipe, options) }
  } catch (error) {
    options.signal?.throwIfAborted()
    throw new Error(`${(error as Error).message}\n${waysOn([engine])}`)
  }
}

function waysOn(missing: Engine[]): string {
  const titles = missing.map((engine) => engine.title).join(', ')
  const programs = missing.flatMap((engine) => engine.programs)
  const commands = programs.map((program) => program.command).join(', ')
  const tools = [...new Set(programs.flatMap((program) => program.build?.toolName ?? []))].join(' and ')
  return [
    `There is no ${titles} to start: not on the PATH, not built earlier, and it cannot be built here. Ways on:`,
    `  - put a binary on the PATH (${commands})${tools && `, or install ${tools} to build it`}`,
    `  - set ${missing.map((engine) => engine.variable).join(', ')} to a server that runs elsewhere`,
    '  - run everything in containers: docker compose up',
  ].join('\n')
}
