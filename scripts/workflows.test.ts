import { access, glob, readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'

// Workflows do not run here, so this only checks that the names in them exist. `actionlint` checks their syntax.

type Step = { run?: string; uses?: string; with?: Record<string, string> }
type Workflow = { jobs: Record<string, { steps: Step[] }> }

/** Written by a step, not committed. */
const WRITTEN = ['.github/engines/nats.conf']

const files: string[] = []
for await (const file of glob('.github/workflows/*.yml')) files.push(file)

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

test.each(files)('the npm scripts and files that %s names exist', async (file) => {
  const { jobs } = parse(await readFile(file, 'utf8')) as Workflow
  const steps = Object.values(jobs).flatMap((job) => job.steps)
  expect(steps.length).toBeGreaterThan(0)
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: object }
  const commands = steps.map(({ run = '' }) => run).join('\n')
  for (const [, name] of commands.matchAll(/\bnpm (?:run )?(?!ci\b)([\w:-]+)/g))
    expect(Object.keys(scripts)).toContain(name)
  const named = [
    ...commands.matchAll(/(?<![\w$/.-])((?:\.github|scripts|libs|services|web|stack)\/[\w./-]+)/g),
  ]
  const paths = named.map(([, path = '']) => path).filter((path) => !WRITTEN.includes(path))
  const versionFiles = steps.flatMap(({ with: { 'node-version-file': path } = {} }) => path ?? [])
  for (const path of [...paths, ...versionFiles]) expect([path, await exists(path)]).toEqual([path, true])
})

test('the engines of the workflows have the images of docker-compose.yml', async () => {
  const imagesOf = async (file: string, names: string[]) => {
    const { services } = parse(await readFile(file, 'utf8'), { maxAliasCount: -1 }) as {
      services: Record<string, { image: string }>
    }
    return names.map((name) => services[name]?.image)
  }
  const names = ['nats', 'mongo', 's3']
  expect(await imagesOf('.github/engines/compose.yml', names)).toEqual(
    await imagesOf('docker-compose.yml', names),
  )
})
