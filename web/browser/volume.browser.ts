import { eventually, makeRoom, openDatabase, type PlainClient, sendText } from '@chat/testing'
import { expect, test } from '@jest/globals'
import { copyRoom, type Databases, fillRoom } from '../../bench/bulk.ts'
import { signIn, useStage, type Visitor } from './stage.ts'

// Long lists: only the rows near the visible part are in the page. The data is written straight into the store.

const MANY_MESSAGES = 10_000
const MANY_ROOMS = 2_000
/** Far more rows than a screen shows, far fewer than exist. */
const MAX_DRAWN = 120

let mina: Visitor
let alex: PlainClient
let databases: Databases
const connections: Awaited<ReturnType<typeof openDatabase>>[] = []

const stage = useStage(async (stage) => {
  mina = await stage.visit()
  await signIn(mina, '정민아')
  alex = await stage.plain('demo-alex')
  const open = async (service: string) => {
    const connection = await openDatabase(stage.stack, service)
    connections.push(connection)
    return connection.db as unknown as Databases['rooms']
  }
  databases = { messages: await open('messages'), rooms: await open('rooms') }
})

test(`a room of ${MANY_MESSAGES} messages scrolls with only nearby rows in the page`, async () => {
  const sample = await makeRoom(alex, ['demo-mina'], {}, 'A sample')
  await sendText(alex, sample._id, 'one of many')
  const room = await makeRoom(alex, ['demo-mina'], {}, 'Many messages')
  await fillRoom(databases, sample._id, room._id, MANY_MESSAGES)
  const { page } = mina
  await page.reload()
  await mina.openRoom('Many messages')
  // Nothing is read yet, so the room opens at the beginning and loads the rest while scrolling.
  const rows = page.locator('.messages li')
  const row = (seq: number) => page.locator(`.messages li[data-key="m${seq}"]`)
  await row(1).waitFor()
  expect(await row(MANY_MESSAGES).count()).toBe(0)
  const heights = new Set<number>()
  const scroller = page.locator('.messages')
  await eventually(async () => {
    const height = await scroller.evaluate((element) => {
      element.scrollTop = element.scrollHeight
      return element.scrollHeight
    })
    heights.add(height)
    expect(await rows.count()).toBeLessThan(MAX_DRAWN)
    expect(await row(MANY_MESSAGES).count()).toBe(1)
  }, 150_000)
  expect(heights.size).toBeGreaterThan(20)
  await scroller.evaluate((element) => {
    element.scrollTop = element.scrollHeight / 2
  })
  await eventually(async () => expect(await row(MANY_MESSAGES / 2).count()).toBe(1))
  expect(await rows.count()).toBeLessThan(MAX_DRAWN)
  await mina.shoot('many-messages')
}, 240_000)

test(`a list of ${MANY_ROOMS} rooms scrolls with only nearby rows in the page`, async () => {
  const room = await makeRoom(alex, ['demo-mina'], {}, 'One of very many')
  await copyRoom(databases, room._id, MANY_ROOMS - 1)
  const { page } = mina
  await page.goto('/#/')
  await page.reload()
  const list = page.locator('.room-list')
  const rows = list.locator('li')
  await eventually(async () => {
    expect(Number(await rows.first().getAttribute('aria-setsize'))).toBeGreaterThan(MANY_ROOMS)
  }, 60_000)
  for (const part of [0, 0.5, 1]) {
    await list.evaluate((element, share) => {
      element.scrollTop = (element.scrollHeight - element.clientHeight) * share
    }, part)
    await eventually(async () => expect(await rows.count()).toBeGreaterThan(10))
    expect(await rows.count()).toBeLessThan(MAX_DRAWN)
  }
  await rows.last().waitFor()
  await mina.shoot('many-rooms')
}, 120_000)

test('the browser logged no error', async () => {
  for (const connection of connections) await connection.close()
  expect(stage().browser.isConnected()).toBe(true)
  expect(mina.errors).toEqual([])
})
