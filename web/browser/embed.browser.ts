import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { eventually, listed, sendText, testApiKey } from '@chat/testing'
import { afterAll, expect, test } from '@jest/globals'
import { useStage } from './stage.ts'

// The example of an embedded chat in a browser: a page, and a back end that issues tokens to its visitors.

let server: ChildProcess
afterAll(() => void server?.kill())

const stage = useStage(async () => {
  execFileSync(process.execPath, ['scripts/build-client.ts'])
})

test("a shop's visitor asks, support answers, and both messages are there after a reload", async () => {
  const { stack } = stage()
  const env = {
    CHAT_API_KEY: testApiKey,
    CHAT_PLATFORM_URL: stack.platformUrl,
    CHAT_GATEWAY_URL: stack.gatewayUrl,
    PORT: '0',
  }
  server = spawn(process.execPath, ['examples/embed/server.mjs'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface({ input: server.stdout as NodeJS.ReadableStream }).on('line', (line) => lines.push(line))
  const address = await eventually(() => new URL(lines[0] as string).href)
  const { page, errors } = await stage().visit()
  await page.goto(address)
  await page.getByRole('textbox').fill('Do you have it in <b>blue</b>?')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('ann: Do you have it in <b>blue</b>?').waitFor()
  const support = await stage().plain('support')
  const { list } = await support.get<{ list: { _id: string }[] }>('listenRooms', {})
  const roomId = list[0]?._id as string
  expect(await listed(support, roomId)).toMatchObject({ name: 'Support for ann', unReadMsgCount: 1 })
  await sendText(support, roomId, 'Of course')
  await page.getByText('Support: Of course').waitFor()
  await page.reload()
  await page.getByText('Support: Of course').waitFor()
  expect(await page.locator('#messages li').count()).toBe(2)

  // Messages sent while the page loads appear in order.
  const said = Array.from({ length: 20 }, (_, n) => `line ${n}`)
  const saying = (async () => {
    for (const text of said) await sendText(support, roomId, text)
  })()
  await page.reload()
  await saying
  await eventually(async () => {
    const shown = await page.locator('#messages li').allTextContents()
    expect(shown.slice(2)).toEqual(said.map((text) => `Support: ${text}`))
  })
  expect(errors).toEqual([])
})
