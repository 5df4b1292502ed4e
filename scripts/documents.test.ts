import { execFile } from 'node:child_process'
import { access, glob, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { startTestStack, type TestStack, testApiKey } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Block, blocksOf } from './testing/blocks.ts'

// Runs the commands of the READMEs (guides.test.ts runs the guides') and checks that every link has a target.

const run = promisify(execFile)

/** Reference documents exist in English only. */
const ENGLISH_ONLY = ['docs/protocol.md', 'docs/configuration.md', 'docs/glossary.md']
/** Text that looks like a path: it begins with a folder of this repository, or has a folder and an extension. */
const PATH =
  /^(\.github|bench|deploy|docs|examples|libs|operations|scripts|services|stack|web)\/|\/.*\.(ts|mjs|yml|json|conf)$/
/** Created by a command, or the reader's own. */
const MADE = /^\/|(^|\/)(dist|node_modules)(\/|$)|[<>*{}…$ ]|^(bob|receiver|guide)\.mjs$/

const isOurs = (file: string) => !/(^|\/)(node_modules|dist|\.chat-data)\//.test(file)
async function filesLike(...patterns: string[]) {
  const files: string[] = []
  for await (const file of glob(patterns)) if (isOurs(file)) files.push(file)
  return files.toSorted()
}
const ALL = await filesLike('*.md', '.github/**/*.md', '*/*.md', '*/*/*.md')
const TRANSLATED = (await filesLike('README.md', 'docs/*.md')).filter((file) => !file.endsWith('.ko.md'))
const PAIRS = TRANSLATED.filter((file) => !ENGLISH_ONLY.includes(file)).map(
  (file) => [file, file.replace('.md', '.ko.md')] as const,
)

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

test.each(['README.md', 'README.ko.md'])('the commands of %s send a first message', async (file) => {
  const blocks = await blocksOf(file)
  const curls = blocks.find(({ code }) => code.includes('curl'))?.code ?? ''
  // Each document gets a room of its own here.
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

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

test.each(ALL)('the npm scripts and files that %s names exist', async (file) => {
  const text = await readFile(file, 'utf8')
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: object }
  for (const [, name] of text.matchAll(/npm run (?:-s )?(\w[\w:-]*)/g))
    expect(Object.keys(scripts)).toContain(name)
  for (const [, path = ''] of text.matchAll(/\bnode ((?:examples|scripts)\/\S+\.\w+)/g)) await access(path)
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link)
  const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, path = '']) => path)
  // A path in a document is from the root, or from the document's own folder.
  const paths = quoted.filter((path) => /^[\w./-]+$/.test(path) && PATH.test(path) && !MADE.test(path))
  for (const link of links) expect([link, await exists(join(dirname(file), link))]).toEqual([link, true])
  for (const path of paths)
    expect([path, (await exists(path)) || (await exists(join(dirname(file), path)))]).toEqual([path, true])
})

/** GitHub's rule for the anchor of a heading. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll('`', '')
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')

test.each(ALL)('the headings that %s links to exist', async (file) => {
  const text = await readFile(file, 'utf8')
  for (const [, path = '', anchor = ''] of text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)) {
    const target = path === '' ? file : join(dirname(file), path)
    const headings = [...(await readFile(target, 'utf8')).matchAll(/^#+ (.*)$/gm)]
    expect(headings.map(([, heading = '']) => anchorOf(heading))).toContain(decodeURIComponent(anchor))
  }
})

test.each(PAIRS)('%s and %s show the same code', async (english, korean) => {
  const [one, other] = [await blocksOf(english), await blocksOf(korean)]
  const kinds = (blocks: Block[]) => blocks.map(({ language }) => language)
  expect(kinds(other)).toEqual(kinds(one))
  const isIdentical = english.startsWith('docs/')
  if (isIdentical) expect(other.map(trimmed)).toEqual(one.map(trimmed))
  const scriptsIn = (blocks: Block[]) =>
    [
      ...blocks
        .map(({ code }) => code)
        .join('')
        .matchAll(/npm run [\w:]+/g),
    ].map(([name]) => name)
  expect(new Set(scriptsIn(one))).toEqual(new Set([...scriptsIn(one), ...scriptsIn(other)]))
})
/** A block inside a list is indented. */
const trimmed = ({ language, code }: Block) => ({ language, code: code.replaceAll(/^ +/gm, '') })

test('documents stay within their maximum length', async () => {
  const linesOf = async (file: string) => (await readFile(file, 'utf8')).split('\n').length - 1
  for (const file of ['README.md', 'README.ko.md']) expect(await linesOf(file)).toBeLessThanOrEqual(200)
  expect(await linesOf('ARCHITECTURE.md')).toBeLessThanOrEqual(120)
  for (const file of ALL.filter((each) => each.startsWith('services/') && basename(each) === 'README.md'))
    expect([file, (await linesOf(file)) <= 80]).toEqual([file, true])
})
