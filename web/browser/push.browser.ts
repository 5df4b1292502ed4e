import { createECDH } from 'node:crypto'
import { connectAs, eventually, type PlainClient, sendText } from '@chat/testing'
import { afterAll, expect, test } from '@jest/globals'
import type { Worker } from 'playwright-core'
import { type Fcm, type FcmMessage, startFcm } from '../../services/push/testing/fcm-stand-in.ts'
import { reachGoogleAt } from '../../services/push/testing/loopback.ts'
import { register, startPush } from '../../services/push/testing/stack.ts'
import { cutOffFromGoogle, type Registration, standInForGoogle, tokenOf } from './google-stand-in.ts'
import { deliver, notificationsOf, tap, workerOf } from './service-worker.ts'
import { inNewTab, signIn, useStage, type Visitor } from './stage.ts'

// A push to a closed page, from turning notifications on to the room that a tap opens. Real: the page, Firebase's library,
// the stack, the push service, the worker and its notifications. Stand-ins: Google's servers on both sides.

const vapidKey = createECDH('prime256v1').generateKeys('base64url')
const fcmWeb = { apiKey: 'key', projectId: 'chat-test', messagingSenderId: '1', appId: '1:1:web:1', vapidKey }

let fcm: Fcm
let mina: Visitor
let alex: PlainClient
let worker: Worker
let registrations: Registration[]
let origin: string
const rooms: Record<string, string> = {}
const closers: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
})

const stage = useStage(
  async (stage) => {
    fcm = await startFcm()
    closers.push(() => fcm.close(), reachGoogleAt(fcm.port))
    const push = await startPush(stage.stack)
    closers.push(() => push.close())
    mina = await stage.visit()
    registrations = await standInForGoogle(mina.page.context())
    await signIn(mina, '정민아')
    origin = new URL(mina.page.url()).origin
    worker = await workerOf(mina.page.context())
    alex = await stage.plain('demo-alex')
    const { list } = await alex.get<{ list: { _id: string; name: string }[] }>('listenRooms', {})
    for (const { _id, name } of list) rooms[name] = _id
  },
  { config: { fcmWeb }, instances: { push: 0 } },
)

/** A message in the form in which FCM delivers it to a browser. */
const deliveredAs = ({ notification, webpush, data }: FcmMessage) => ({
  notification: { ...notification, ...webpush?.notification },
  data,
  from: fcmWeb.messagingSenderId,
  fcmMessageId: crypto.randomUUID(),
})
const roomIdOf = (name: string) =>
  rooms[Object.keys(rooms).find((key) => key.startsWith(name)) ?? ''] as string
const pushedTo = (place: number) => fcm.shownOn(tokenOf(place))
const hintIn = async ({ page }: Visitor) => {
  await page.getByRole('button', { name: 'Your settings' }).click()
  return page.locator('#notifications-hint')
}

test('the browser registers for pushes only after the user accepts the offer', async () => {
  const { page } = mina
  expect(await page.evaluate(() => Notification.permission)).not.toBe('granted')
  const offer = page.getByRole('complementary', { name: 'Notifications on this device' })
  await offer.waitFor()
  await mina.shoot('notification-offer')
  expect(registrations).toEqual([])
  await page.context().grantPermissions(['notifications'])
  await offer.getByRole('button', { name: 'Turn on' }).click()
  const hint = await hintIn(mina)
  await hint.filter({ hasText: 'and when it is closed' }).waitFor()
  await mina.shoot('notifications-reached')
  await page.keyboard.press('Escape')
  expect(registrations).toEqual([
    { web: expect.objectContaining({ applicationPubKey: vapidKey, endpoint: expect.any(String) }) },
  ])
  await offer.waitFor({ state: 'detached' })
})

test('a push reaches the closed page, and a tap opens its room', async () => {
  await mina.page.close()
  const message = await sendText(alex, roomIdOf('Team lunch'), 'Table at <b>noon</b>?')
  const [pushed] = await eventually(() => {
    expect(pushedTo(1)).toHaveLength(1)
    return pushedTo(1)
  })
  mina = await inNewTab(mina)
  await deliver(mina.page, origin, deliveredAs(pushed as FcmMessage))
  const tag = message.roomId
  await eventually(async () =>
    expect(await notificationsOf(worker)).toEqual([
      {
        title: expect.stringContaining('Team lunch'),
        body: 'Alex Kim: Table at <b>noon</b>?',
        tag,
        data: { roomId: tag, messageId: message._id },
      },
    ]),
  )
  const [address] = await tap(worker, tag)
  expect(await notificationsOf(worker)).toEqual([])
  await mina.page.goto(`${origin}${address}`)
  await mina.page.locator('.room-head h2', { hasText: 'Team lunch' }).waitFor()
  await mina.bubble('Table at <b>noon</b>?').waitFor()
  expect(new URL(mina.page.url()).search).toBe('')
})

test('a push shows a notification unless its room is visible; reading the room closes it', async () => {
  const pushOf = (roomId: string, messageId: string) => ({
    notification: { title: 'A room', body: 'Alex Kim: Look' },
    data: { kind: 'message', roomId, messageId, badge: '1' },
  })
  const pair = roomIdOf('Design review')
  await deliver(mina.page, origin, pushOf(roomIdOf('Team lunch'), 'one'))
  await deliver(mina.page, origin, pushOf(pair, 'two'))
  // A repeat, as after a crash of the push service.
  await deliver(mina.page, origin, pushOf(pair, 'two'))
  await eventually(async () =>
    expect(await notificationsOf(worker)).toMatchObject([{ tag: pair, data: { messageId: 'two' } }]),
  )
  // The room opens in the existing tab.
  expect(await tap(worker, pair)).toEqual([])
  await mina.page.locator('.room-head h2', { hasText: 'Design review' }).waitFor()
  await mina.openRoom('Team lunch')
  const message = await sendText(alex, pair, 'Have you seen it?')
  await deliver(mina.page, origin, pushOf(pair, message._id))
  await eventually(async () => expect(await notificationsOf(worker)).toHaveLength(1))
  await mina.openRoom('Design review')
  await eventually(async () => expect(await notificationsOf(worker)).toEqual([]))
})

test("the user who signed in last with notifications on gets the browser's pushes, and the earlier user sees that", async () => {
  const { page } = mina
  const other = await inNewTab(mina)
  await signIn(other, 'Sora Lee')
  await (await hintIn(other)).filter({ hasText: 'and when it is closed' }).waitFor()
  await (await hintIn(mina)).filter({ hasText: 'the messages of Sora Lee' }).waitFor()
  await page.getByRole('switch', { name: 'Notifications on this device' }).click({ force: true })
  await page.reload()
  await (await hintIn(mina)).filter({ hasText: 'Nothing is shown' }).waitFor()
  await page.getByRole('switch', { name: 'Notifications on this device' }).click({ force: true })
  await page.locator('#notifications-hint', { hasText: 'and when it is closed' }).waitFor()
  await page.keyboard.press('Escape')
  await other.page.close()
})

test('after a sign-out the browser receives no more pushes', async () => {
  const { page } = mina
  const jun = await connectAs(stage().stack, 'demo-jun')
  const witness = await register(jun, 'phone-of-jun')
  jun.close()
  await page.getByRole('button', { name: 'Your settings' }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Continue as 정민아' }).waitFor()
  expect(await page.evaluate(() => localStorage.getItem('test:endpoint'))).toBeNull()
  const before = fcm.received.length
  await sendText(alex, roomIdOf('Team lunch'), 'Is anybody there?')
  await eventually(() => expect(fcm.shownOn(witness)).toHaveLength(1))
  const devices = fcm.received.slice(before).map(({ message }) => message.token)
  expect(devices).toEqual([witness])
})

test('if Google is unreachable, the settings report the failure and offer a retry', async () => {
  const jun = await stage().visit()
  await cutOffFromGoogle(jun.page.context())
  await jun.page.context().grantPermissions(['notifications'])
  await signIn(jun, '박준호')
  const hint = await hintIn(jun)
  await hint.filter({ hasText: /could not be registered .* \([a-zA-Z/-]+\)/ }).waitFor()
  await jun.shoot('notifications-failed')
  await jun.page.getByRole('button', { name: 'Try again' }).waitFor()
})

test('the browser logged no error', () => {
  expect(mina.errors).toEqual([])
})
