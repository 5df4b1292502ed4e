import { execFileSync } from 'node:child_process'
import startEngines from '../../libs/testing/setup.ts'

/** Builds the page if needed, and starts the engines. */
export default async function setup() {
  execFileSync(process.execPath, ['scripts/build-web.ts'], { stdio: 'inherit' })
  await startEngines()
}
