import { spawnSync } from 'node:child_process'

/** All checks, the cheapest first. Arguments of the command line go to jest. */
const steps = [
  { name: 'types', command: ['node_modules/.bin/tsc', '--noEmit'] },
  { name: 'lint', command: ['node_modules/.bin/biome', 'check', '--error-on-warnings', '.'] },
  {
    name: 'tests',
    command: [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      ...process.argv.slice(2),
    ],
  },
]

for (const { name, command } of steps) {
  const [program, ...args] = command as [string, ...string[]]
  process.stdout.write(`checking ${name}\n`)
  const { status } = spawnSync(program, args, { stdio: 'inherit' })
  if (status === 0) continue
  // jest prints the count of tests; if a step before it fails, that counts as one failure.
  if (name !== 'tests') process.stdout.write('0 passed, 1 failed\n')
  process.exit(status ?? 1)
}
process.disconnect?.()
