import { eventually, sendText } from '@chat/testing'
import { expect, test } from '@jest/globals'
import { deliver, notificationsOf, tap, workerOf } from './service-worker.ts'
import { signIn, useStage, type Visitor } from './stage.ts'

// Presence, typing, mentions, exports and notifications.

let mina: Visitor
let jun: Visitor

const stage = useStage(async (stage) => {
  mina = await stage.visit()
  jun = await stage.visit()
  await signIn(mina, '정민아')
})

test('a user is shown as online after connecting, and as last seen after leaving', async () => {
  await mina.openRoom('민아 · 준호')
  await signIn(jun, '박준호')
  await mina.page.locator('.room-head', { hasText: 'Online' }).waitFor()
  await mina.page.locator('.room-row .avatar-online').waitFor()
  await jun.page.goto('about:blank')
  await mina.page.locator('.room-head', { hasText: 'Last seen' }).waitFor()
  // A tab keeps its sign-in.
  await jun.page.goto('/')
  await mina.page.locator('.room-head', { hasText: 'Online' }).waitFor()
})

test('in a room of two, the typing indicator shows until the message is sent', async () => {
  await jun.openRoom('민아 · 준호')
  await jun.page.locator('.composer textarea').pressSequentially('자료 보냈')
  await mina.page.getByText('박준호 is typing…').waitFor()
  await mina.shoot('typing')
  await jun.say('자료 보냈어요')
  await mina.bubble('자료 보냈어요').waitFor()
  await mina.page.getByText('박준호 is typing…').waitFor({ state: 'detached' })
})

test('a picked name becomes a mention: highlighted, and counted on the closed room', async () => {
  await jun.openRoom('Team lunch')
  const field = jun.page.locator('.composer textarea')
  await field.pressSequentially('@민')
  await jun.page.getByRole('option', { name: '정민아' }).waitFor()
  await jun.page.keyboard.press('Enter')
  expect(await field.inputValue()).toBe('@정민아 ')
  await field.pressSequentially('어디까지 왔어요?')
  await jun.page.keyboard.press('Enter')
  await jun.page.locator('.mention', { hasText: '@정민아' }).waitFor()
  const row = mina.page.locator('.room-row', { hasText: 'Team lunch' })
  await row.locator('.badge-mention').waitFor()
  await mina.shoot('mentioned')
  await row.click()
  await mina.page.locator('.mention', { hasText: '@정민아' }).waitFor()
  await row.locator('.badge-mention').waitFor({ state: 'detached' })
})

test('an export is offered for download when it is ready', async () => {
  const { page } = mina
  await page.getByRole('button', { name: 'Details' }).click()
  await page.getByRole('button', { name: 'Settings', exact: true }).click()
  await page.getByRole('button', { name: 'TXT' }).click()
  const link = page.getByRole('link', { name: 'The export is ready' })
  await link.waitFor()
  const text = await (await fetch((await link.getAttribute('href')) as string)).text()
  expect(text).toContain('어디까지 왔어요?')
  await page.getByRole('button', { name: 'Close' }).first().click()
})

test('a message that arrives while the tab is hidden shows a notification, which closes when the message is read', async () => {
  const { page } = mina
  await page.context().grantPermissions(['notifications'])
  await page.reload()
  await mina.openRoom('Team lunch')
  const worker = await workerOf(page.context())
  // Makes the page believe that its tab is hidden.
  const look = (state: 'hidden' | 'visible') =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, state)
  await look('hidden')
  const alex = await stage().plain('demo-alex')
  const { list } = await alex.get<{ list: { _id: string; name: string }[] }>('listenRooms', {})
  const roomId = list.find(({ name }) => name.startsWith('Team'))?._id as string
  const message = await sendText(alex, roomId, 'Hello <b>Mina</b>')
  await eventually(async () =>
    expect(await notificationsOf(worker)).toEqual([
      {
        title: expect.stringContaining('Team lunch'),
        body: 'Alex Kim: Hello <b>Mina</b>',
        tag: roomId,
        data: { roomId, messageId: message._id, userId: 'demo-mina' },
      },
    ]),
  )
  await look('visible')
  await eventually(async () => expect(await notificationsOf(worker)).toEqual([]))
})

test('without Firebase the settings name CHAT_FCM_WEB, and the policy allows no connection to Google', async () => {
  const { page } = mina
  await page.getByRole('button', { name: 'Your settings' }).click()
  await page.locator('#notifications-hint', { hasText: 'CHAT_FCM_WEB' }).waitFor()
  await mina.shoot('notifications-unconfigured')
  await page.keyboard.press('Escape')
  const { headers } = await fetch(stage().stack.gatewayUrl.replace('ws:', 'http:'))
  expect(headers.get('content-security-policy')).toContain("connect-src 'self';")
})

test('a delivered push shows a notification even when no tab is open', async () => {
  const { page } = await stage().visit()
  await page.context().grantPermissions(['notifications'])
  await page.goto('/')
  const worker = await workerOf(page.context())
  const { origin } = new URL(page.url())
  await page.goto('about:blank')
  const notification = { title: '민아 · 준호', body: '준호: 어디예요?' }
  await deliver(page, origin, { notification, data: { roomId: 'r1', messageId: 'm1' } })
  const shown = { ...notification, tag: 'r1', data: { roomId: 'r1', messageId: 'm1' } }
  await eventually(async () => expect(await notificationsOf(worker)).toEqual([shown]))
  expect(await tap(worker, 'r1')).toEqual(['/?from=push#/rooms/r1'])
})

test('no browser logged an error', () => {
  expect([...mina.errors, ...jun.errors]).toEqual([])
})
