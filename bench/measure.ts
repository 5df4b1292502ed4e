import { type Child, startChild } from './child-process.ts'
import type { RoomPlan } from './load/crowd.ts'
import type { Generator } from './load/generator.ts'
import type { Latency } from './load/open-loop.ts'
import { type Observed, observe } from './observer.ts'
import type { Engines, Server, Size } from './servers/server.ts'
import { compareWithStore } from './store-check.ts'

/** `base`: the product at another revision. */
export type System = 'product' | 'base' | 'floor'
export type Loads = {
  members: number
  durableSends: number
  latency: Latency
  /** While the closed loop ran, and while the open loop ran. `cpu`: milliseconds per message, by process. */
  observed: Observed
  observedOpen: Observed
  problems: string[]
}
type Options = { execArgv?: string[]; folder?: URL; enginePids?: Record<string, number> }

const SENDERS = 64
const RATE = 200
const SIZES: Record<number, Size> = { 1: { rooms: 64, members: 1 }, 10: { rooms: 32, members: 10 } }
const MEASURE_MS = 8_000
const CLOSED = { senders: SENDERS, warmUpMs: 1_000, measureMs: MEASURE_MS }
const OPEN = { senders: SENDERS, perSecond: RATE, warmUpMs: 500, measureMs: MEASURE_MS }

/** One of the two servers, and the load generator, each in a process of its own. */
export class Rig {
  readonly system: System
  readonly server: Child<Server>
  private readonly generator: Child<Generator>
  private readonly engines: Engines
  private readonly pids: Record<string, number>
  private url = ''
  private database: string | null = null

  constructor(system: System, engines: Engines, { execArgv, folder, enginePids = {} }: Options = {}) {
    this.system = system
    this.engines = engines
    const program = system === 'floor' ? 'floor' : 'product'
    this.server = startChild<Server>(`servers/${program}.ts`, execArgv, folder)
    this.generator = startChild<Generator>('load/generator.ts')
    this.pids = { server: this.server.pid, load: this.generator.pid, ...enginePids }
  }

  async start(): Promise<this> {
    const { url, database } = await this.server.ask('start', this.engines)
    this.url = url
    this.database = database
    return this
  }

  async close() {
    await this.generator.close()
    await this.server.close()
  }

  /** Connects more members; those who are connected stay. */
  async connect(plans: RoomPlan[]) {
    await this.generator.ask('open', { url: this.url, plans })
  }

  /** Runs `work` with new rooms whose members are connected. @returns the problems that were found, too */
  async withCrowd<T>(size: Size, work: (generator: Child<Generator>) => Promise<T>): Promise<[T, string[]]> {
    await this.connect(await this.server.ask('makeRooms', size))
    const result = await work(this.generator)
    const { acked, problems } = await this.generator.ask('finish', null)
    if (this.database !== null)
      problems.push(...(await compareWithStore(this.engines.mongoUrl, this.database, acked)))
    return [result, problems.map((problem) => `${this.system}, rooms of ${size.members}: ${problem}`)]
  }

  /** Throughput, then latency, in rooms with that many members. */
  async measure(members: 1 | 10): Promise<Loads> {
    const [loads, problems] = await this.withCrowd(SIZES[members] as Size, async (generator) => {
      const [closed, observed] = await this.observe(
        () => generator.ask('closedLoop', CLOSED),
        ({ perSecond }) => messagesOf(perSecond, CLOSED),
      )
      const [latency, observedOpen] = await this.observe(
        () => generator.ask('openLoop', OPEN),
        () => messagesOf(OPEN.perSecond, OPEN),
      )
      return { members, durableSends: closed.perSecond, latency, observed, observedOpen }
    })
    return { ...loads, problems }
  }

  private async observe<T>(work: () => Promise<T>, count: (result: T) => number): Promise<[T, Observed]> {
    const metricsUrl = this.system === 'floor' ? null : `${this.url.replace('ws', 'http')}/metrics`
    const [result, observed] = await observe(this.pids, metricsUrl, work)
    const messages = count(result)
    const cpu = Object.fromEntries(Object.entries(observed.cpu).map(([name, ms]) => [name, ms / messages]))
    return [result, { ...observed, cpu }]
  }
}

/** The warm-up costs CPU time too. */
const messagesOf = (perSecond: number, { warmUpMs, measureMs }: typeof CLOSED) =>
  (perSecond * (warmUpMs + measureMs)) / 1000
