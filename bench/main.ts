import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEngines } from '@chat/engines'
import { openAll, type Scope } from '@chat/service'
import { type Idle, measureIdle } from './idle.ts'
import { Rig, type System } from './measure.ts'
import { print, printJson, printTable, type Results, summaryOf } from './report.ts'
import { untilInterrupted } from './interrupt.ts'
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

/** Product and floor in turn, so that whatever else the machine does meets both. */
async function measureLoads(scope: Scope, engines: Engines): Promise<Results['loads']> {
  const loads: Results['loads'] = { product: [], floor: [] }
  const rigs: Rig[] = []
  for (const system of SYSTEMS) {
    const starting = new Rig(system, engines, profiling)
    rigs.push(await scope.use(system, starting.start(), (rig) => rig.close()))
  }
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const members of [1, 10] as const) {
      for (const rig of rigs) {
        const measured = await rig.measure(members)
        loads[rig.system].push(measured)
        problems.push(...measured.problems)
        printJson({ system: rig.system, round, ...measured })
      }
    }
  }
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

async function run(scope: Scope) {
  const dataDir = await scope.use('data', mkdtemp(join(tmpdir(), 'chat-bench-')), (folder) =>
    rm(folder, { recursive: true, force: true }),
  )
  const starting = startEngines({ dataDir, env: process.env, log: print, only: ['nats', 'mongo'] })
  const { urls } = await scope.use('engines', starting, (engines) => engines.close())
  print('Measuring product and floor in turn; takes about two minutes')
  const { loads } = await openAll(async (inner) => ({ loads: await measureLoads(inner, urls) })).then(
    async ({ loads, close }) => ({ loads, closed: await close() }),
  )
  const idle = options['no-idle'] ? null : await measureIdles(urls)
  printTable({ loads, idle })
  for (const problem of problems) print(`NOT VALID: ${problem}`)
  printJson({ isValid: problems.length === 0, ...summaryOf({ loads, idle }) })
  return {}
}

process.exit((await untilInterrupted(run)) && problems.length === 0 ? 0 : 1)
