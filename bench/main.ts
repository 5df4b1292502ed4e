import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEngines } from '@chat/engines'
import { Scope } from '@chat/service'
import { measureIdle } from './idle.ts'
import { type Loads, Rig, type System } from './measure.ts'
import { print, printJson, printTable, type Results, summaryOf } from './report.ts'
import { checkOut } from './revision.ts'
import { runScript } from './script.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    'no-idle': { type: 'boolean', default: false },
    /** Another revision of this repository, to be measured in turn with this one. */
    compare: { type: 'string' },
    /** A folder for CPU profiles of the servers. */
    'cpu-prof': { type: 'string' },
  },
})
type Engines = Awaited<ReturnType<typeof startEngines>>

/** All systems in turn, so that other load on the machine affects each of them. */
async function measureLoads(scope: Scope, engines: Engines, baseFolder: URL | null) {
  const systems: System[] = baseFolder ? ['product', 'base', 'floor'] : ['product', 'floor']
  const loads: Partial<Record<System, Loads[]>> = {}
  const rigs = await scope.use('servers', new Scope())
  const profiling = options['cpu-prof'] ? ['--cpu-prof', `--cpu-prof-dir=${options['cpu-prof']}`] : []
  const start = (system: System) =>
    new Rig(system, engines.urls, {
      execArgv: profiling,
      enginePids: engines.pids(),
      ...(system === 'base' && baseFolder && { folder: baseFolder }),
    }).start()
  const started = await Promise.all(systems.map((system) => rigs.use(system, start(system))))
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const members of [1, 10] as const) {
      for (const rig of started) {
        const measured = await rig.measure(members)
        loads[rig.system] = [...(loads[rig.system] ?? []), measured]
        printJson({ system: rig.system, round, ...measured })
      }
    }
  }
  await rigs.close()
  return loads
}

async function measureIdles(engines: Engines): Promise<Results['idle']> {
  const measure = async (system: 'product' | 'floor') => {
    const measured = await measureIdle(system, engines.urls)
    printJson({ system, idle: 1_000, ...measured })
    return measured
  }
  return { product: await measure('product'), floor: await measure('floor') }
}

await runScript(async (scope, signal) => {
  const makeFolder = mkdtemp(join(tmpdir(), 'chat-bench-'))
  const folder = await scope.use('data', makeFolder, (path) => rm(path, { recursive: true, force: true }))
  if (options.compare) print(`Getting ${options.compare} ready: about a minute`)
  const baseFolder = options.compare ? await checkOut(options.compare, folder) : null
  const dataDir = join(folder, 'data')
  const engines = await scope.use('engines', startEngines({ dataDir, env: process.env, log: print, signal }))
  print('Measuring in turn: about 40 seconds per system and round')
  const loads = await measureLoads(scope, engines, baseFolder)
  const results: Results = { loads, idle: options['no-idle'] ? null : await measureIdles(engines) }
  printTable(results)
  const problems = [...Object.values(loads).flat(), ...Object.values(results.idle ?? {})].flatMap(
    (measured) => measured.problems,
  )
  for (const problem of problems) print(`NOT VALID: ${problem}`)
  printJson({ isValid: problems.length === 0, ...summaryOf(results) })
  return problems.length === 0
})
