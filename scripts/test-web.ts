// npm run test:web [-- <pattern>]: tests the demo page in Chromium (on the PATH, or at CHAT_TEST_CHROMIUM).
import { spawnSync } from 'node:child_process'

const { status } = spawnSync(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    '--config',
    'web/jest.config.mjs',
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
)
process.disconnect?.()
process.exitCode = status ?? 1
