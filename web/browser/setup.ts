import { execFileSync } from 'node:child_process'
import startEngines from '../../libs/testing/setup.ts'

/** The page as it is now, and one set of engines. */
export default async function setup() {
  execFileSync(process.execPath, ['scripts/build-web.ts'], { stdio: 'inherit' })
  await startEngines()
}
