import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine, EngineUrls } from './engine.ts'
import { engines } from './engines.ts'
import { resolveDataDir } from './process/data-dir.ts'
import { readRecord, recordFile } from './process/record.ts'

/**
 * The URLs of a running stack's engines, from the environment or from the data folder that they run in.
 * @throws naming the variable of an engine that is in neither
 */
export async function runningUrls(dataDir: string, env: NodeJS.ProcessEnv): Promise<EngineUrls> {
  const urls = { natsUrl: '', mongoUrl: '', s3Url: '' }
  for (const engine of engines)
    urls[engine.urlKey] = env[engine.variable] || (await localUrl(engine, dataDir))
  return urls
}

async function localUrl({ name, title, variable, programs }: Engine, dataDir: string): Promise<string> {
  const folder = await resolveDataDir(dataDir)
  const record = readRecord(recordFile(folder, name))
  const program = programs.find(({ data }) => existsSync(join(folder, data)))
  if (record?.pid === undefined || !program)
    throw new Error(`${title} does not run here: start the stack with npm start, or set ${variable}`)
  const { url } = await program.prepare({ folder: join(folder, program.data), port: record.port })
  return url
}
