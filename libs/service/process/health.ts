import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Metrics } from '../telemetry/metrics.ts'

/** Named checks. Each resolves when its dependency answers. */
export type Checks = Record<string, () => Promise<unknown>>

const CHECK_TIMEOUT_MS = 2_000

async function readiness(checks: Checks) {
  const checking = Object.entries(checks).map(async ([name, check]) => {
    const late = delay(CHECK_TIMEOUT_MS, false, { ref: false })
    const passes = Promise.try(check).then(() => true)
    return [name, await Promise.race([passes.catch(() => false), late])] as const
  })
  const results = Object.fromEntries(await Promise.all(checking))
  return { ready: Object.values(results).every(Boolean), checks: results }
}

function reply(response: ServerResponse, status: number, type: string, body: string) {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(body)
}

/** Answers `/livez`, `/readyz` (which runs the checks) and `/metrics`. @returns false for other paths */
export function serveHealth(checks: Checks, metrics: Metrics) {
  metrics.watchDependencies(async () => (await readiness(checks)).checks)
  const routes: Record<string, (response: ServerResponse) => Promise<void>> = {
    '/livez': async (response) => reply(response, 200, 'application/json', '{"alive":true}'),
    '/readyz': async (response) => {
      const report = await readiness(checks)
      reply(response, report.ready ? 200 : 503, 'application/json', JSON.stringify(report))
    },
    '/metrics': async (response) =>
      reply(response, 200, metrics.registry.contentType, await metrics.registry.metrics()),
  }
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = request.url?.split('?')[0] ?? ''
    if (!Object.hasOwn(routes, path)) return false
    routes[path]?.(response).catch(() => response.destroy())
    return true
  }
}
