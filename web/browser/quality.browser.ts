import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { eventually, makeRoom, type PlainClient, sendText } from '@chat/testing'
import { expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { signIn, useStage, type Visitor } from './stage.ts'

// Measurements and checks of the whole page.

const MAX_SCRIPT_BYTES = 150_000
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let mina: Visitor
let alex: PlainClient

const stage = useStage(
  async (stage) => {
    mina = await stage.visit()
  },
  { limits: { textLength: 10_000 } },
)

/** Serious and critical violations that axe finds. In dark colours only the colour rules run again. */
async function faultsOf(page: Page, colorScheme: 'light' | 'dark') {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, colorScheme)
  await page.evaluate(AXE)
  // Waits for the transition between the colour schemes.
  await page.evaluate(() => {
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().iterations === 1)
    const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    return Promise.allSettled(ending.map(({ finished }) => finished))
      .then(nextFrame)
      .then(nextFrame)
  })
  const { violations } = await page.evaluate(async (isDark) => {
    const { axe } = globalThis as unknown as { axe: Axe }
    return axe.run({ resultTypes: ['violations'], ...(isDark && { runOnly: ['color-contrast'] }) })
  }, colorScheme === 'dark')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' ')}`,
    )
}
type Axe = { run: (options: object) => Promise<{ violations: Violation[] }> }
type Violation = { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }

test('the first load fetches less than 150 KB of compressed script', async () => {
  const scripts: Promise<number>[] = []
  mina.page.on('response', (response) => {
    const isScript = response.headers()['content-type']?.startsWith('text/javascript')
    if (isScript)
      scripts.push(
        response
          .request()
          .sizes()
          .then(({ responseBodySize }) => responseBodySize),
      )
  })
  await signIn(mina, '정민아')
  alex = await stage().plain('demo-alex')
  const bytes = (await Promise.all(scripts)).reduce((sum, size) => sum + size, 0)
  process.stdout.write(`first load: ${bytes} bytes of compressed script\n`)
  expect(bytes).toBeGreaterThan(10_000)
  expect(bytes).toBeLessThan(MAX_SCRIPT_BYTES)
})

test('axe finds no serious problem on the sign-in page', async () => {
  const { page } = await stage().visit()
  await page.goto('/')
  await page.getByRole('button', { name: 'Continue as 정민아' }).waitFor()
  for (const colorScheme of ['light', 'dark'] as const) expect(await faultsOf(page, colorScheme)).toEqual([])
})

test('axe finds no serious problem in light and dark colours, on wide and narrow screens', async () => {
  const { page } = mina
  const looks: Record<string, () => Promise<unknown>> = {
    list: async () => {},
    room: () => mina.openRoom('Team lunch'),
    members: () => page.getByRole('button', { name: 'Details' }).click(),
    gallery: () => page.getByRole('button', { name: 'Media', exact: true }).click(),
    settings: () => page.getByRole('button', { name: 'Settings', exact: true }).click(),
    search: () => page.getByRole('searchbox', { name: 'Search chats and messages' }).fill('lunch'),
    create: () => page.getByRole('button', { name: 'New chat' }).click(),
    mine: async () => {
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Your settings' }).click()
    },
  }
  for (const [name, look] of Object.entries(looks)) {
    await look()
    for (const colorScheme of ['light', 'dark'] as const) {
      const faults = await faultsOf(page, colorScheme)
      expect({ name, colorScheme, faults }).toEqual({ name, colorScheme, faults: [] })
    }
  }
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await faultsOf(page, 'light')).toEqual([])
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.getByRole('button', { name: 'Close' }).click()
})

test('hostile content is shown as plain text and never runs', async () => {
  const room = await makeRoom(alex, ['demo-mina'], {}, 'Evil \u202Egpj.exe <b>room</b>')
  const texts = {
    markup: '<script>globalThis.hacked = 1</script><img src=x onerror="globalThis.hacked = 2">',
    link: 'javascript:globalThis.hacked=3 JAVASCRIPT:alert(1) data:text/html,<script>alert(1)</script>',
    override: '\u202Eretupmoc \u2067 never closed',
    word: 'w'.repeat(4_000),
    marks: `Z${'\u0335\u0321\u0322\u0323'.repeat(60)}algo`,
  }
  for (const text of Object.values(texts)) await sendText(alex, room._id, text)
  await sendText(alex, room._id, 'after all that')
  const { page } = mina
  await mina.openRoom('Evil')
  await mina.bubble('after all that').waitFor()
  expect(await page.locator('.room-head h2').textContent()).toBe('Evil gpj.exe <b>room</b>')
  expect(
    await mina.bubble('<script>globalThis.hacked = 1').locator('.bubble-text').first().textContent(),
  ).toBe(texts.markup)
  expect(await mina.bubble('javascript:').locator('a').count()).toBe(0)
  const [pane, widest] = await page.evaluate(() => {
    const widths = [...document.querySelectorAll('.bubble')].map((one) => one.getBoundingClientRect().right)
    return [document.querySelector('.messages')?.getBoundingClientRect().right ?? 0, Math.max(...widths)]
  })
  expect(widest).toBeLessThanOrEqual(pane as number)
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false)
  expect(await mina.bubble('after all that').textContent()).toBe('after all that')
  await mina.shoot('hostile')
})

test("the page's content security policy blocks inline scripts", async () => {
  const answer = await fetch(stage().stack.gatewayUrl.replace('ws:', 'http:'))
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  const { errors, page } = mina
  const before = errors.length
  await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'globalThis.hacked = 4'
    document.body.append(script)
  })
  expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false)
  await eventually(() => expect(errors.length).toBe(before + 1))
  errors.splice(before)
})

test('the browser logged no error', () => {
  expect(mina.errors).toEqual([])
})
