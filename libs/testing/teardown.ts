import { rm } from 'node:fs/promises'
import type { RunEngines } from './setup.ts'

export default async function teardown() {
  const { chatEngines } = globalThis as { chatEngines?: { engines: RunEngines; dataDir: string } }
  await chatEngines?.engines.close()
  if (chatEngines) await rm(chatEngines.dataDir, { recursive: true, force: true })
}
