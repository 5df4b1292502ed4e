import { mkdirSync } from 'node:fs'
import { connectAs, openWire, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll } from '@jest/globals'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findChromium } from './chromium.ts'

/** Screenshots of the tests. */
const SCREENSHOTS = new URL('screenshots/', import.meta.url).pathname
/** Generous, since the machine may be busy. */
const SETTING_UP_MS = 120_000
const PATIENCE_MS = 20_000

export type Visitor = {
  page: Page
  /** Errors in the console and uncaught errors of the page. */
  errors: string[]
  /** The connection to the gateway, which can be cut and mended. */
  wire: Awaited<ReturnType<typeof openWire>>
  openRoom: (name: string) => Promise<void>
  say: (text: string) => Promise<void>
  bubble: (text: string) => ReturnType<Page['locator']>
  shoot: (name: string) => Promise<void>
}

/** The whole stack with the page on it, and a browser in front. */
export async function openStage(options: Parameters<typeof startTestStack>[0] = {}) {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const stack = await startTestStack({ ...options, config: { demo: true, ...options.config } })
  const executablePath = findChromium()
  if (executablePath === undefined)
    throw new Error('Chromium is not on the PATH: install it, or set CHAT_TEST_CHROMIUM')
  // As root, as in containers, Chromium has no sandbox; the page is our own.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const browser = await chromium.launch({ executablePath, args })
  const closers: (() => unknown)[] = []
  return {
    stack,
    browser,
    visit: async (context: BrowserContextOptions = {}) => {
      const visitor = await openVisitor(browser, stack, context)
      closers.push(() => visitor.wire.close())
      return visitor
    },
    /** A user without a page. */
    plain: async (userId: string): Promise<PlainClient> => {
      const client = await connectAs(stack, userId)
      closers.push(() => client.close())
      return client
    },
    close: async () => {
      await browser.close()
      for (const close of closers) await close()
      await stack.close()
    },
  }
}
/** A stage for all tests of a file; `prepare` signs in the visitors. */
export function useStage(
  prepare: (stage: Stage) => Promise<void>,
  options: Parameters<typeof openStage>[0] = {},
): () => Stage {
  const held: { stage?: Stage } = {}
  beforeAll(async () => {
    held.stage = await openStage(options)
    await prepare(held.stage)
  }, SETTING_UP_MS)
  afterAll(async () => held.stage?.close(), SETTING_UP_MS)
  return () => held.stage as Stage
}

export type Stage = Awaited<ReturnType<typeof openStage>>

async function openVisitor(
  browser: Browser,
  stack: TestStack,
  options: BrowserContextOptions,
): Promise<Visitor> {
  const wire = await openWire(stack.gatewayUrl)
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-US',
    baseURL: wire.url.replace('ws:', 'http:'),
    ...options,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  return visitorIn(await context.newPage(), { wire, errors: [] })
}

/** The same browser, in another tab. */
export const inNewTab = async ({ page, ...shared }: Visitor): Promise<Visitor> =>
  visitorIn(await page.context().newPage(), shared)

function visitorIn(page: Page, { wire, errors }: Pick<Visitor, 'wire' | 'errors'>): Visitor {
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', (error) => errors.push(String(error.stack)))
  return {
    page,
    errors,
    wire,
    bubble: (text) => page.locator('.bubble', { hasText: text }),
    openRoom: async (name) => {
      await page.locator('.room-row', { hasText: name }).first().click()
      await page.locator('.composer').waitFor()
    },
    say: async (text) => {
      await page.locator('.composer textarea').fill(text)
      await page.keyboard.press('Enter')
    },
    shoot: async (name) => {
      await page.screenshot({ path: `${SCREENSHOTS}${name}.png` })
    },
  }
}

/** Signs in as one of the demo's users. */
export async function signIn({ page }: Visitor, name: string) {
  await page.goto('/')
  await page.getByRole('button', { name }).click()
  await page.locator('.room-row').first().waitFor()
}
