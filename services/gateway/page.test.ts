import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readPage, servePage } from './page.ts'

// The built page over HTTP, from a folder that looks like a build.

const SCRIPT = `export const text = '${'the same again and again '.repeat(200)}'\n`
let folder: string
let server: Server
let url: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-page-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><div id="app"></div>')
  await writeFile(join(folder, 'assets/page-1a2b3c.js'), SCRIPT)
  await writeFile(join(folder, 'secret.map'), 'not for browsers')
  const serve = servePage(await readPage(folder), 'http://files.example')
  server = createServer((request, response) => {
    if (!serve(request, response)) response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server?.close()
  await rm(folder, { recursive: true, force: true })
})

test('the page comes fresh, with a policy that lets nothing inline or from elsewhere but files', async () => {
  const answer = await fetch(`${url}/?from=somewhere`)
  expect(await answer.text()).toContain('<div id="app">')
  expect(answer.headers.get('cache-control')).toBe('no-cache')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  const policy = answer.headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
  expect(policy).toContain("img-src 'self' data: blob: http://files.example")
  expect(policy).not.toMatch(/unsafe|\*/)
})

test.each(['br', 'gzip'])(
  'what has a hash in its name is kept for good, and is compressed as asked: %s',
  async (encoding) => {
    const answer = await fetch(`${url}/assets/page-1a2b3c.js`, { headers: { 'accept-encoding': encoding } })
    expect(answer.headers.get('content-encoding')).toBe(encoding)
    expect(Number(answer.headers.get('content-length'))).toBeLessThan(SCRIPT.length / 10)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(answer.headers.get('vary')).toBe('accept-encoding')
    expect(await answer.text()).toBe(SCRIPT)
  },
)

test.each(['identity', 'gzip;q=0, identity'])('who asks for it as it is gets that: %s', async (encoding) => {
  const answer = await fetch(`${url}/assets/page-1a2b3c.js`, { headers: { 'accept-encoding': encoding } })
  expect(answer.headers.get('content-encoding')).toBeNull()
  expect(await answer.text()).toBe(SCRIPT)
})

test('nothing else can be asked for, nor anything but by reading', async () => {
  for (const path of [
    '/secret.map',
    '/assets/',
    '/assets/../secret.map',
    '/..%2f..%2fetc/passwd',
    '/assets/page-1a2b3c.js%00',
  ])
    expect((await fetch(url + path)).status).toBe(404)
  expect((await fetch(url, { method: 'POST' })).status).toBe(404)
  const head = await fetch(url, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
})

test('where the page was not built, it is told how to', async () => {
  await expect(readPage(join(folder, 'nowhere'))).rejects.toThrow('npm run build:web')
})
