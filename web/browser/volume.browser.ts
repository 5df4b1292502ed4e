import type { Message, Room } from '@chat/contract'
import { eventually, makeRoom, type PlainClient, sendText } from '@chat/testing'
import { expect, test } from '@jest/globals'
import { signIn, useStage, type Visitor } from './stage.ts'

// Long lists: of them, only what is near what is seen is in the page.

const MANY_MESSAGES = 10_000
const MANY_ROOMS = 2_000
/** Far above what a screen holds, far below what there is. */
const MAX_DRAWN = 120

let mina: Visitor
let alex: PlainClient

useStage(async (stage) => {
  mina = await stage.visit()
  await signIn(mina, '정민아')
  alex = await stage.plain('demo-alex')
})

test(`${MANY_MESSAGES} messages scroll without all of them in the page`, async () => {
  const room = await makeRoom(alex, ['demo-mina'], {}, 'Many messages')
  await fill(room._id)
  const { page } = mina
  await mina.openRoom('Many messages')
  // Nothing was read yet: it opens at the beginning, and the rest comes as one scrolls.
  await page.getByText('message 1', { exact: true }).waitFor()
  const heights = new Set<number>()
  const scroller = page.locator('.messages')
  await eventually(async () => {
    heights.add(
      await scroller.evaluate((element) => {
        element.scrollTop = element.scrollHeight
        return element.scrollHeight
      }),
    )
    expect(await page.locator('.messages li').count()).toBeLessThan(MAX_DRAWN)
    expect(await page.getByText(`message ${MANY_MESSAGES}`, { exact: true }).count()).toBe(1)
  }, 80_000)
  expect(heights.size).toBeGreaterThan(20)
  await scroller.evaluate((element) => {
    element.scrollTop = element.scrollHeight / 2
  })
  await eventually(async () => expect(await page.locator('.messages li').count()).toBeGreaterThan(5))
  expect(await page.locator('.messages li').count()).toBeLessThan(MAX_DRAWN)
}, 180_000)

async function fill(roomId: string) {
  const sending: Promise<Message>[] = []
  for (let n = 1; n <= MANY_MESSAGES; n++) {
    sending.push(sendText(alex, roomId, `message ${n}`))
    if (sending.length === 500) await Promise.all(sending.splice(0))
  }
  await Promise.all(sending)
}

test(`${MANY_ROOMS} rooms scroll without all of them in the page`, async () => {
  const { page } = mina
  await page.goto('/#/')
  const making: Promise<Room>[] = []
  for (let n = 1; n <= MANY_ROOMS; n++) {
    making.push(makeRoom(alex, ['demo-mina'], {}, `Room ${n}`))
    if (making.length === 25) await Promise.all(making.splice(0))
  }
  await Promise.all(making)
  const list = page.locator('.room-list')
  await eventually(
    async () =>
      expect(await list.locator('li').first().getAttribute('aria-setsize')).toBe(String(MANY_ROOMS + 4)),
    60_000,
  )
  for (const part of [0, 0.5, 1]) {
    await list.evaluate((element, share) => {
      element.scrollTop = (element.scrollHeight - element.clientHeight) * share
    }, part)
    await eventually(async () => expect(await list.locator('li').count()).toBeGreaterThan(10))
    expect(await list.locator('li').count()).toBeLessThan(MAX_DRAWN)
  }
  await page.locator('.room-row', { hasText: 'Design review' }).waitFor()
}, 240_000)
