import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { openStage, type Stage, signIn, type Visitor } from './stage.ts'

// The page without its server: the worker caches the page's own files, and nothing else.

let folder: string
let stage: Stage
let mina: Visitor

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-shell-'))
  await cp('web/dist', folder, { recursive: true })
  stage = await openStage({ pageFolder: folder })
  mina = await stage.visit()
  await signIn(mina, '정민아')
  await mina.openRoom('Team lunch')
  await mina.bubble('Noon works for me').waitFor()
}, 120_000)
afterAll(async () => {
  await stage?.close()
  await rm(folder, { recursive: true, force: true })
}, 120_000)

const cachesOf = (page: Page) =>
  page.evaluate(async () => {
    const paths = async (name: string) =>
      (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)
    return Promise.all((await caches.keys()).map(async (name) => ({ name, paths: await paths(name) })))
  })
const untilKept = (page: Page) =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready
    if (!navigator.serviceWorker.controller)
      await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
  })

test('a reload without a server shows the page and cached messages, and drafts are sent when the server is back', async () => {
  const { page, wire } = mina
  await untilKept(page)
  wire.cut()
  await page.reload()
  await page.locator('.connection-bar').waitFor()
  await mina.bubble('Noon works for me').waitFor()
  await mina.say('Written before the server was back')
  await page.locator('.is-waiting', { hasText: 'Written before' }).waitFor()
  await mina.shoot('reloaded-offline')
  // A list that could not be loaded shows an error with a retry, not an empty list.
  await page.getByRole('button', { name: 'Details' }).click()
  const again = page.locator('.panel').getByRole('button', { name: 'Try again' })
  await again.waitFor({ timeout: 40_000 })
  expect(await page.locator('.panel').getByText('Nobody here').count()).toBe(0)
  wire.mend()
  await page.locator('.is-waiting').waitFor({ state: 'detached' })
  await mina.bubble('Written before the server was back').waitFor()
  await again.click()
  await page.locator('.members .person', { hasText: 'Sora Lee' }).waitFor()
})

test("the worker caches only the page's own files, no user data", async () => {
  const [only, ...others] = await cachesOf(mina.page)
  expect(others).toEqual([])
  const expected = [/^\/$/, /^\/app\.webmanifest$/, /^\/icon\.svg$/, /^\/assets\/page-[\w-]+\.(css|js)$/]
  for (const path of only?.paths ?? []) expect(expected.some((pattern) => pattern.test(path))).toBe(true)
  expect(only?.paths).toContain('/')
})

test('a new version replaces the old one in the cache', async () => {
  const { page } = mina
  const [old] = await cachesOf(page)
  const worker = await readFile(join(folder, 'worker.js'), 'utf8')
  await writeFile(join(folder, 'worker.js'), worker.replace(/"version":"\w+"/, '"version":"another"'))
  await eventually(async () => {
    await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()))
    expect((await cachesOf(page)).map(({ name }) => name)).toEqual(['chat-shell-another'])
  })
  expect((await cachesOf(page))[0]?.paths.toSorted()).toEqual(old?.paths.toSorted())
})
