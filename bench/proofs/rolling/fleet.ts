import { setTimeout as delay } from 'node:timers/promises'
import type { Place, StackService } from '@chat/stack/testing'
import { freePort, type ServiceProcess, startService } from '@chat/testing'
import { openBalancer } from '../../load/balancer.ts'

const INSTANCES = 2
/** Services that others depend on come first. */
const SERVICES: StackService[] = ['rooms', 'messages', 'files', 'push', 'platform-api', 'gateway']
const SETTLE_MS = 1_000

export type Stop = { service: StackService; seconds: number; code: number | string | null }
type Instance = { service: StackService; port: number; process: ServiceProcess }

/** Every service twice, each in a process of its own; edges behind balancers, as in production. */
export async function openFleet(place: Place) {
  const instances: Instance[] = []
  const closeAll = () => Promise.all(instances.map(({ process }) => process.stop()))
  try {
    for (const service of SERVICES)
      for (let index = 0; index < INSTANCES; index++) {
        const port = await freePort()
        instances.push({ service, port, process: await startService(service, place, port) })
      }
  } catch (error) {
    await closeAll()
    throw error
  }
  const before = (edge: StackService) =>
    openBalancer(instances.filter(({ service }) => service === edge).map(({ port }) => port))
  const gateways = await before('gateway')
  const platform = await before('platform-api')

  return {
    url: `ws://${gateways.host}`,
    platformUrl: `http://${platform.host}`,
    /** Restarts each instance in turn and waits until it is ready. */
    async restartEach(tell: { begins: (what: string) => void; stopped: (stop: Stop) => void }) {
      for (const instance of instances) {
        const { service, port } = instance
        tell.begins(`the stop of ${service}`)
        const began = performance.now()
        const code = await instance.process.stop()
        tell.stopped({ service, code, seconds: (performance.now() - began) / 1000 })
        tell.begins(`the start of ${service}`)
        instance.process = await startService(service, place, port)
        const balancer = { gateway: gateways, 'platform-api': platform }[service as string]
        while (balancer && !balancer.ready.has(port)) await delay(SETTLE_MS / 10)
        await delay(SETTLE_MS)
      }
    },
    async close() {
      await gateways.close()
      await platform.close()
      await closeAll()
    },
  }
}
export type Fleet = Awaited<ReturnType<typeof openFleet>>
