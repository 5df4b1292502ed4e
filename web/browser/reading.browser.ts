import { eventually, makeRoom, type PlainClient, sendText } from '@chat/testing'
import { expect, test } from '@jest/globals'
import { takePhoto } from './photo.ts'
import { signIn, useStage, type Visitor } from './stage.ts'

// Finding messages: the last read one, search results, older pages, the gallery.

let mina: Visitor
let alex: PlainClient

const stage = useStage(async (stage) => {
  mina = await stage.visit()
  await signIn(mina, '정민아')
  alex = await stage.plain('demo-alex')
})

const isSeen = (text: string) =>
  mina.page
    .locator('.messages')
    .getByText(text, { exact: true })
    .evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect()
      const pane = document.querySelector('.messages')?.getBoundingClientRect() as DOMRect
      return top >= pane.top && bottom <= pane.bottom
    })

test('a room opens at the last read message and loads pages in both directions', async () => {
  const room = await makeRoom(alex, ['demo-mina'], {}, 'Long story')
  for (let n = 1; n <= 150; n++) await sendText(alex, room._id, `line ${n}`)
  const reader = await stage().plain('demo-mina')
  const { list } = await reader.get<{ list: { _id: string }[] }>('listenMessagesByRoom', {
    roomId: room._id,
    count: 100,
  })
  // The newest hundred are lines 51 to 150, so this is line 70.
  await reader.get('updateReadMessage', { roomId: room._id, messageId: list[19]?._id })
  const row = mina.page.locator('.room-row', { hasText: 'Long story' })
  await eventually(async () => expect(await row.locator('.badge [aria-hidden]').textContent()).toBe('80'))
  await mina.openRoom('Long story')
  await mina.page.locator('.divider-unread').waitFor()
  await eventually(async () => expect(await isSeen('line 71')).toBe(true))
  await mina.shoot('last-read')
  await mina.page.locator('.messages').evaluate((element) => {
    element.scrollTop = 0
  })
  await eventually(async () => {
    await mina.page.locator('.messages').evaluate((element) => element.scrollBy(0, -2_000))
    expect(await isSeen('line 1')).toBe(true)
  })
  await mina.page.getByRole('button', { name: 'Jump to the newest message' }).click()
  await eventually(async () => expect(await isSeen('line 150')).toBe(true))
})

test('a new message at the end does not move the rows above', async () => {
  const scroller = mina.page.locator('.messages')
  await scroller.evaluate((element) => element.scrollBy(0, -900))
  const text = await mina.page.locator('.messages li .bubble-text').nth(15).textContent()
  const place = () =>
    mina.page.getByText(text as string, { exact: true }).evaluate((one) => one.getBoundingClientRect().top)
  const before = await place()
  const room = await alex.get<{ list: { _id: string; name: string }[] }>('listenRooms', {})
  const roomId = room.list.find(({ name }) => name === 'Long story')?._id as string
  await sendText(alex, roomId, 'something new')
  await mina.page.locator('.to-end .badge').waitFor()
  expect(Math.abs((await place()) - before)).toBeLessThan(2)
})

test('a search covers all rooms or one, highlights the keyword, and opens the message', async () => {
  const { page } = mina
  await page.getByRole('searchbox', { name: 'Search chats and messages' }).fill('onboarding')
  const found = page.locator('.found', { hasText: 'onboarding' })
  await found.waitFor()
  expect(await found.locator('mark').textContent()).toBe('onboarding')
  await mina.shoot('search')
  await found.click()
  await page.locator('.is-flashed', { hasText: 'onboarding' }).waitFor()
  await page.getByRole('button', { name: 'Clear the search' }).click()
  await mina.openRoom('Long story')
  await page.getByRole('button', { name: 'Search in this chat' }).click()
  const field = page.getByRole('searchbox', { name: 'Search in this chat' })
  // The field has the focus, so that the user can type at once.
  await eventually(async () =>
    expect(await field.evaluate((one) => one === document.activeElement)).toBe(true),
  )
  await page.keyboard.type('line 33')
  await page.locator('.panel .found').first().click()
  await eventually(async () => expect(await isSeen('line 33')).toBe(true))
  await page.getByRole('button', { name: 'Close' }).click()
})

test('the keyboard alone suffices to open a room, send a message and edit it', async () => {
  const { page } = mina
  await page.locator('.room-row', { hasText: 'Design review' }).focus()
  await page.keyboard.press('Enter')
  await page.locator('.room-head h2', { hasText: 'Design review' }).waitFor()
  await eventually(async () =>
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA'),
  )
  await page.keyboard.type('typed only')
  await page.keyboard.press('Enter')
  const row = page.locator('.talk', { hasText: 'typed only' })
  await row.locator('time').waitFor()
  await row.getByRole('button', { name: 'Message actions' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Reply' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Edit')
  await page.keyboard.press('Enter')
  await page.locator('.composer-about').waitFor()
  await page.keyboard.type(' and edited')
  await page.keyboard.press('Enter')
  await page.locator('.bubble', { hasText: 'typed only and edited' }).waitFor()
})

test('a narrow screen shows either the room list or a room', async () => {
  const { page } = mina
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('button', { name: 'Back' }).click()
  await page.locator('.sidebar').waitFor()
  await mina.shoot('narrow-list')
  await mina.openRoom('Team lunch')
  expect(await page.locator('.sidebar').isVisible()).toBe(false)
  await page.locator('.bubble').first().waitFor()
  await mina.shoot('narrow-room')
  await page.getByRole('button', { name: 'Details' }).click()
  await page.getByRole('button', { name: 'Media' }).click()
  await page.getByRole('button', { name: 'Links' }).click()
  await page.locator('.shared-link', { hasText: 'www.openstreetmap.org' }).waitFor()
  await mina.shoot('narrow-gallery')
})

const PRESSING_MS = 700

test('on a 320 px screen the unread count stays visible beside a photo, and a long press opens its menu', async () => {
  const jun = await stage().visit({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true })
  await signIn(jun, '박준호')
  await jun.openRoom('Team lunch')
  const { page } = jun
  const file = { name: 'lake.jpg', mimeType: 'image/jpeg', buffer: await takePhoto() }
  await page.locator('.composer input[type=file]').setInputFiles(file)
  await page.locator('.upload').waitFor({ state: 'detached' })
  const row = page.locator('.talk', { has: page.locator('.photo') })
  const right = (selector: string) =>
    row.locator(selector).evaluate((one) => one.getBoundingClientRect().right)
  const left = (selector: string) => row.locator(selector).evaluate((one) => one.getBoundingClientRect().left)
  await eventually(async () => {
    expect(await right('.photo')).toBeLessThanOrEqual(320)
    expect(await left('.unread-count')).toBeGreaterThanOrEqual(0)
  })
  await jun.shoot('narrow-photo')
  const place = (await row.locator('.photo').boundingBox()) as { x: number; y: number }
  const debug = await page.context().newCDPSession(page)
  const touchPoints = [{ x: place.x + 60, y: place.y + 40 }]
  await debug.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints })
  await page.waitForTimeout(PRESSING_MS)
  await debug.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  await page.getByRole('menuitem', { name: 'Share to other chats' }).waitFor()
  await jun.shoot('long-press')
  expect(await page.locator('.viewer').count()).toBe(0)
})

test('Korean text of the page wraps between words', async () => {
  const { page } = await stage().visit({ locale: 'ko-KR' })
  await page.goto('/')
  const hint = page.getByText('다른 창에서')
  expect(await hint.evaluate((one) => getComputedStyle(one).wordBreak)).toBe('keep-all')
})

test('a user finds another user by name and starts a chat', async () => {
  const { page } = mina
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'New chat' }).click()
  await page.getByRole('searchbox', { name: 'Search people' }).fill('Alex')
  await page.getByRole('checkbox', { name: 'Alex Kim' }).check()
  await mina.shoot('new-chat')
  await page.getByRole('textbox', { name: 'Name of the chat' }).fill('Just us')
  await page.getByRole('button', { name: 'Start chat' }).click()
  await page.locator('.room-head h2', { hasText: 'Just us' }).waitFor()
  await mina.say('Hello Alex')
  await eventually(() =>
    expect(alex.payloads<{ name: string; unReadMsgCount: number }>('updateRoomLastMessage')).toContainEqual(
      expect.objectContaining({ name: 'Just us', unReadMsgCount: 1 }),
    ),
  )
})

test('the browser logged no error', () => {
  expect(mina.errors).toEqual([])
})
