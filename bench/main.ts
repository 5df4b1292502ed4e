import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEngines } from '@chat/engines'
import { Scope } from '@chat/service'
import { type Idle, measureIdle } from './idle.ts'
import { Rig, type System } from './measure.ts'
import { print, printJson, printTable, type Results, summaryOf } from './report.ts'
import { runScript } from './script.ts'
import type { Engines } from './servers/server.ts'

const SYSTEMS = ['product', 'floor'] as const
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    'no-idle': { type: 'boolean', default: false },
    /** A folder for CPU profiles of the two servers. */
    'cpu-prof': { type: 'string' },
  },
})
const profiling = options['cpu-prof'] ? ['--cpu-prof', `--cpu-prof-dir=${options['cpu-prof']}`] : []
const problems: string[] = []

/** Product and floor in turn, so that other load on the machine affects both. */
async function measureLoads(scope: Scope, engines: Engines): Promise<Results['loads']> {
  const loads: Results['loads'] = { product: [], floor: [] }
  const rigs = await scope.use('servers', new Scope())
  const product = await rigs.use('product', new Rig('product', engines, profiling).start())
  const floor = await rigs.use('floor', new Rig('floor', engines, profiling).start())
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const members of [1, 10] as const) {
      for (const rig of [product, floor]) {
        const measured = await rig.measure(members)
        loads[rig.system].push(measured)
        problems.push(...measured.problems)
        printJson({ system: rig.system, round, ...measured })
      }
    }
  }
  await rigs.close()
  return loads
}

async function measureIdles(engines: Engines): Promise<Record<System, Idle>> {
  const idle: Partial<Record<System, Idle>> = {}
  for (const system of SYSTEMS) {
    const measured = await measureIdle(system, engines)
    idle[system] = measured
    problems.push(...measured.problems)
    printJson({ system, idle: 1_000, ...measured })
  }
  return idle as Record<System, Idle>
}

await runScript(async (scope, signal) => {
  const dataDir = await scope.use('data', mkdtemp(join(tmpdir(), 'chat-bench-')), (folder) =>
    rm(folder, { recursive: true, force: true }),
  )
  const starting = startEngines({ dataDir, env: process.env, log: print, signal })
  const { urls } = await scope.use('engines', starting)
  print('Measuring product and floor in turn: about two minutes')
  const loads = await measureLoads(scope, urls)
  const results = { loads, idle: options['no-idle'] ? null : await measureIdles(urls) }
  printTable(results)
  for (const problem of problems) print(`NOT VALID: ${problem}`)
  printJson({ isValid: problems.length === 0, ...summaryOf(results) })
  return problems.length === 0
})
