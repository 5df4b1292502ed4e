import { glob, readFile } from 'node:fs/promises'
import { defaultLimits } from '@chat/service'
import { expect, test } from '@jest/globals'

// docs/configuration.md lists every variable that is read anywhere, and no other.

const FOLDERS = '{libs,services,stack,scripts,operations,deploy,bench,examples,web}'
const IGNORED = /(^|\/)(node_modules|dist)\//
/** The event stream, which has a name of the same form. */
const NOT_VARIABLES = ['CHAT_EVENTS']

const text = await readFile('docs/configuration.md', 'utf8')
const firstCells = [...text.matchAll(/^\| (`[A-Z][^|]+) \|/gm)].map(([, cell = '']) => cell)
const documented = firstCells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))

async function variablesIn(pattern: string) {
  const names = new Set<string>()
  for await (const file of glob(pattern)) {
    if (IGNORED.test(file)) continue
    const source = await readFile(file, 'utf8')
    for (const [name] of source.matchAll(/\bCHAT_[A-Z0-9_]*[A-Z0-9]\b/g)) names.add(name)
  }
  return names
}

test('the documented CHAT_ variables are exactly those in the sources', async () => {
  const patterns = [
    `${FOLDERS}/**/*.{ts,mjs,sh}`,
    'scripts/compose-*',
    'docker-compose.yml',
    '.env.example',
    'Dockerfile',
  ]
  const found = (await Promise.all(patterns.map(variablesIn))).flatMap((names) => [...names])
  const used = new Set(found.filter((name) => !NOT_VARIABLES.includes(name)))
  const named = documented.filter((name) => name.startsWith('CHAT_'))
  expect(named.toSorted()).toEqual([...used].toSorted())
})

test('every variable of docker-compose.yml is documented', async () => {
  const compose = await readFile('docker-compose.yml', 'utf8')
  for (const [, name] of compose.matchAll(/\$\{(\w+)/g)) expect(documented).toContain(name)
  for (const name of documented.filter((each) => /^(NATS|MONGO|S3)_/.test(each)))
    expect(compose).toContain(`\${${name}`)
})

test('the documented limits and defaults are exactly those of the code', () => {
  const rows = [...text.matchAll(/^\| `([a-z]\w+)` \| (\d+) \|/gm)]
  expect(Object.fromEntries(rows.map(([, key, value]) => [key, Number(value)]))).toEqual(defaultLimits)
})
