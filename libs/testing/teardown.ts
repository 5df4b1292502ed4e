import { rm } from 'node:fs/promises'
import type { Engines } from '@chat/engines'

export default async function teardown() {
  const { chatEngines } = globalThis as { chatEngines?: { engines: Engines; dataDir: string } }
  await chatEngines?.engines.close()
  if (chatEngines) await rm(chatEngines.dataDir, { recursive: true, force: true })
}
