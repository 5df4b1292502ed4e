import { execFile } from 'node:child_process'
import { access, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { startTestStack, type TestStack, testApiKey } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Block, blocksOf } from './blocks.ts'

// What the documents say is tried: the READMEs' commands (the guides' are in guides.test.ts), and where their links lead.

const run = promisify(execFile)
const PAIRS = [
  ['README.md', 'README.ko.md'],
  ['docs/embedding.md', 'docs/embedding.ko.md'],
  ['docs/original-document.md', 'docs/original-document.ko.md'],
  ['docs/webhooks.md', 'docs/webhooks.ko.md'],
  ['docs/production.md', 'docs/production.ko.md'],
] as const
const EXAMPLES = ['examples/embed/README.md', 'examples/plain/README.md']
const ALL = [
  ...PAIRS.flat(),
  ...EXAMPLES,
  'ARCHITECTURE.md',
  'libs/client/README.md',
  'bench/README.md',
  'operations/README.md',
]

let stack: TestStack
let folder: string
beforeAll(async () => {
  stack = await startTestStack()
  folder = await mkdtemp(join(tmpdir(), 'chat-documents-'))
  await symlink(resolve('node_modules'), join(folder, 'node_modules'))
})
afterAll(async () => {
  await stack?.close()
  await rm(folder, { recursive: true, force: true })
})

test.each(['README.md', 'README.ko.md'])('the first message of %s is sent as it says', async (file) => {
  const blocks = await blocksOf(file)
  const curls = blocks.find(({ code }) => code.includes('curl'))?.code ?? ''
  // Each document makes a room of its own here.
  const commands = curls
    .replace(/^export KEY=.*$/m, `export KEY=${testApiKey}`)
    .replaceAll('http://127.0.0.1:3001', stack.platformUrl)
    .replaceAll('lunch-1', file)
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', commands])
  expect(stdout).toContain('"lastMessage":{')
  const token = /"token":"([^"]+)"/.exec(stdout)?.[1] ?? ''
  const script = blocks.find(({ language }) => language === 'js')?.code ?? ''
  await writeFile(join(folder, 'bob.mjs'), script.replaceAll('ws://127.0.0.1:3000', stack.gatewayUrl))
  const bob = await run(process.execPath, ['bob.mjs'], { cwd: folder, env: { ...process.env, TOKEN: token } })
  expect(bob.stdout).toMatch(/success: true/)
})

test.each(ALL)('the npm scripts and files that %s names are there', async (file) => {
  const text = await readFile(file, 'utf8')
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: object }
  for (const [, name] of text.matchAll(/npm run (\w[\w:-]*)/g)) expect(Object.keys(scripts)).toContain(name)
  for (const [, path = ''] of text.matchAll(/\bnode ((?:examples|scripts)\/\S+\.\w+)/g)) await access(path)
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) =>
    join(dirname(file), link),
  )
  for (const link of links) await access(link)
})

test.each(PAIRS)('%s and %s show the same code', async (english, korean) => {
  const [one, other] = [await blocksOf(english), await blocksOf(korean)]
  const kinds = (blocks: Block[]) => blocks.map(({ language }) => language)
  expect(kinds(other)).toEqual(kinds(one))
  const isIdentical = english.startsWith('docs/')
  if (isIdentical) expect(other).toEqual(one)
  const scriptsIn = (blocks: Block[]) =>
    [
      ...blocks
        .map(({ code }) => code)
        .join('')
        .matchAll(/npm run [\w:]+/g),
    ].map(([name]) => name)
  expect(new Set(scriptsIn(one))).toEqual(new Set([...scriptsIn(one), ...scriptsIn(other)]))
})
