import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@chat/service'
import { eventually } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openPage } from './page.ts'

// The built page over HTTP, from a folder like that of a build.

const SCRIPT = `export const text = '${'the same again and again '.repeat(200)}'\n`
const logger = createLogger('silent')
const servers: Server[] = []
let folder: string
let url: string

/** Serves a folder's page. @returns its URL */
async function serveFrom(path: string, hasPush = false) {
  const serve = await openPage(path, { filesOrigin: 'http://files.example', hasPush }, logger)
  const server = createServer((request, response) => {
    if (!serve(request, response)) response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const policyOf = async (address: string) =>
  (await fetch(address)).headers.get('content-security-policy') ?? ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-page-'))
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><div id="app"></div>')
  await writeFile(join(folder, 'assets/page-1a2b3c.js'), SCRIPT)
  await writeFile(join(folder, 'secret.map'), 'not for browsers')
  url = await serveFrom(folder)
})
afterAll(async () => {
  for (const server of servers) server.close()
  await rm(folder, { recursive: true, force: true })
})

test('the page is not cached, and its policy allows nothing inline and only files from another origin', async () => {
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
  'assets with a hash in their name are immutable, and compressed with %s on request',
  async (encoding) => {
    const answer = await fetch(`${url}/assets/page-1a2b3c.js`, { headers: { 'accept-encoding': encoding } })
    expect(answer.headers.get('content-encoding')).toBe(encoding)
    expect(Number(answer.headers.get('content-length'))).toBeLessThan(SCRIPT.length / 10)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(answer.headers.get('vary')).toBe('accept-encoding')
    expect(await answer.text()).toBe(SCRIPT)
  },
)

test.each(['identity', 'gzip;q=0, identity'])(
  'assets are served uncompressed for accept-encoding: %s',
  async (encoding) => {
    const answer = await fetch(`${url}/assets/page-1a2b3c.js`, { headers: { 'accept-encoding': encoding } })
    expect(answer.headers.get('content-encoding')).toBeNull()
    expect(await answer.text()).toBe(SCRIPT)
  },
)

test('other paths and methods other than GET and HEAD are 404', async () => {
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

test('the policy allows connections to Firebase only if web push is configured', async () => {
  expect(await policyOf(url)).toContain("connect-src 'self';")
  expect(await policyOf(await serveFrom(folder, true))).toContain(
    "connect-src 'self' https://firebaseinstallations.googleapis.com https://fcmregistrations.googleapis.com;",
  )
})

test('a missing build is answered with build instructions, and a new build is served once it is complete', async () => {
  const later = join(folder, 'later')
  const address = await serveFrom(later)
  const missing = await fetch(address)
  expect([missing.status, await missing.text()]).toEqual([503, expect.stringContaining('npm run build:web')])
  const build = async (name: string) => {
    await rm(later, { recursive: true, force: true })
    await mkdir(join(later, 'assets'), { recursive: true })
    await writeFile(join(later, 'index.html'), `<script src="/assets/${name}.js"></script>`)
    // An incomplete build is not served; requests get the earlier one.
    expect(await (await fetch(address)).text()).not.toContain(name)
    await writeFile(join(later, `assets/${name}.js`), name)
    await eventually(async () => expect(await (await fetch(address)).text()).toContain(name))
  }
  await build('one')
  await build('two')
  for (const name of ['one', 'two']) {
    const asset = await fetch(`${address}/assets/${name}.js`)
    expect([asset.status, await asset.text()]).toEqual([200, name])
  }
})
