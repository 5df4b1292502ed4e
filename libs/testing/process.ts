import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { testApiKey, testSecret } from './stack.ts'

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export type Place = {
  dataDir: string
  gatewayPort: number
  platformPort: number
  limits?: Record<string, number>
}

/** Runs `npm start` as a separate process, and resolves when it is ready. */
export async function startProcess({ dataDir, gatewayPort, platformPort, limits = {} }: Place) {
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      CHAT_DATA_DIR: dataDir,
      CHAT_GATEWAY_PORT: String(gatewayPort),
      CHAT_PLATFORM_PORT: String(platformPort),
      CHAT_JWT_SECRET: testSecret,
      CHAT_API_KEYS: testApiKey,
      CHAT_LOG_LEVEL: 'error',
      CHAT_DEMO: 'off',
      CHAT_LIMITS: JSON.stringify(limits),
    },
  })
  const output = await untilReady(child)
  return {
    pid: child.pid as number,
    output,
    gatewayUrl: `ws://127.0.0.1:${gatewayPort}`,
    platformUrl: `http://127.0.0.1:${platformPort}`,
    /** Ends it and resolves with its exit code or signal. */
    end: async (signal: NodeJS.Signals) => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode
      const exited = once(child, 'exit')
      child.kill(signal)
      const [code, died] = await exited
      return (code ?? died) as number | string
    },
  }
}

async function untilReady(child: ChildProcess): Promise<string[]> {
  const lines: string[] = []
  const ready = Promise.withResolvers<void>()
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    lines.push(line)
    if (line.startsWith('ready')) ready.resolve()
  })
  child.once('exit', (code) =>
    ready.reject(new Error(`exited with ${code} before it was ready:\n${lines.join('\n')}`)),
  )
  await ready.promise
  return lines
}

/** The processes of the local engines of a data folder, by name. */
export async function enginePids(dataDir: string): Promise<Map<string, number>> {
  const pids = new Map<string, number>()
  for (const file of await readdir(join(dataDir, 'run'))) {
    if (!file.endsWith('.json')) continue
    const { pid } = JSON.parse(await readFile(join(dataDir, 'run', file), 'utf8')) as { pid?: number }
    if (pid !== undefined) pids.set(file.replace('.json', ''), pid)
  }
  return pids
}
