import { eventually } from '@chat/testing'
import { expect, test } from '@jest/globals'
import { takePhoto } from './photo.ts'
import { signIn, useStage, type Visitor } from './stage.ts'

// Two users in two browsers, with the page as a user operates it.

let mina: Visitor
let sora: Visitor

const stage = useStage(async (stage) => {
  mina = await stage.visit()
  sora = await stage.visit({ locale: 'ko-KR', colorScheme: 'dark' })
  await signIn(mina, '정민아')
  await signIn(sora, 'Sora Lee')
  await mina.openRoom('Team lunch')
  await sora.openRoom('Team lunch')
})

test("each user sees the other's messages at once, with the count of members who have not read them", async () => {
  await mina.say('Shall we meet at the entrance?')
  await sora.bubble('Shall we meet at the entrance?').waitFor()
  await sora.say('네, 12시에 봐요!')
  await mina.bubble('네, 12시에 봐요!').waitFor()
  const row = mina.page.locator('.talk', { hasText: 'Shall we meet' })
  // The other two of the four members, Jun and Alex, are not connected.
  await eventually(async () => expect(await row.locator('.unread-count').textContent()).toBe('2'))
  await row.locator('.unread-count').click()
  await mina.page.getByText('Read by 1').waitFor()
  await mina.shoot('readers')
  await mina.page.keyboard.press('Escape')
})

test('a sent photo is displayed to both users', async () => {
  const file = { name: 'mountains.jpg', mimeType: 'image/jpeg', buffer: await takePhoto() }
  await mina.page.locator('.composer input[type=file]').setInputFiles(file)
  for (const { page } of [mina, sora]) {
    const photo = page.locator('.photo img[alt="mountains.jpg"]')
    await photo.waitFor()
    await eventually(async () =>
      expect(await photo.evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBeGreaterThan(0),
    )
  }
  await mina.page.locator('.upload').waitFor({ state: 'detached' })
  await sora.say('멋지네요')
  await mina.bubble('멋지네요').waitFor()
  await mina.page.locator('.composer textarea').hover()
  await mina.page.locator('.composer textarea').focus()
  await mina.shoot('conversation')
  await sora.shoot('conversation-dark-korean')
  await sora.page.locator('.photo').click()
  await eventually(async () =>
    expect(
      await sora.page.locator('.viewer img').evaluate((img) => (img as HTMLImageElement).naturalWidth),
    ).toBe(1200),
  )
  await sora.shoot('viewer')
  await sora.page.keyboard.press('Escape')
})

test('after one user writes offline and reconnects, both have every message in the same order', async () => {
  sora.wire.cut()
  await sora.page.locator('.connection-bar').waitFor()
  await sora.say('I am in a tunnel')
  await sora.page.locator('.is-waiting', { hasText: 'I am in a tunnel' }).waitFor()
  await mina.say('Are you there?')
  await sora.shoot('offline')
  expect(await mina.bubble('I am in a tunnel').count()).toBe(0)
  sora.wire.mend()
  for (const visitor of [mina, sora]) {
    await visitor.bubble('I am in a tunnel').waitFor()
    await visitor.page.locator('.is-waiting').waitFor({ state: 'detached' })
    const texts = await visitor.page.locator('.bubble-text').allTextContents()
    expect(texts.slice(-2)).toEqual(['Are you there?', 'I am in a tunnel'])
  }
  await sora.page.locator('.connection-bar').waitFor({ state: 'detached' })
})

test('a reply shows its quote; the other user sees edits and deletions', async () => {
  await mina.say('Table for four at noon')
  await sora.bubble('Table for four at noon').click({ button: 'right' })
  await sora.page.getByRole('menuitem', { name: '답장' }).click()
  await sora.say('예약했어요')
  await mina.page.locator('.quote', { hasText: 'Table for four' }).waitFor()
  await mina.bubble('Table for four at noon').first().click({ button: 'right' })
  await mina.shoot('menu')
  await mina.page.getByRole('menuitem', { name: 'Edit' }).click()
  await mina.say('Table for five at noon')
  await sora.page.locator('.quote', { hasText: 'Table for five' }).waitFor()
  await mina.bubble('Table for five').first().click({ button: 'right' })
  await mina.page.getByRole('menuitem', { name: 'Delete' }).click()
  await mina.page.getByRole('button', { name: 'Delete' }).click()
  await sora.page.locator('.bubble-gone', { hasText: '삭제된 메시지' }).waitFor()
  expect(await sora.bubble('Table for five').count()).toBe(0)
})

test('a refused edit keeps its text in the composer', async () => {
  const { stack } = stage()
  await mina.say('We go by bus')
  await mina.bubble('We go by bus').click({ button: 'right' })
  await mina.page.getByRole('menuitem', { name: 'Edit' }).click()
  expect((await stack.call('PUT', '/v1/banned-words', { words: ['submarine'] })).status).toBe(200)
  await mina.say('We go by submarine')
  await mina.page.getByRole('status').filter({ hasText: 'not allowed here' }).waitFor()
  await mina.page.locator('.composer-about', { hasText: 'Editing your message' }).waitFor()
  const field = mina.page.locator('.composer textarea')
  await eventually(async () => expect(await field.inputValue()).toBe('We go by submarine'))
  await stack.call('PUT', '/v1/banned-words', { words: [] })
  await mina.say('We go by tram')
  await sora.bubble('We go by tram').waitFor()
})

const isAtEnd = ({ page }: Visitor) =>
  page
    .locator('.messages')
    .evaluate(({ scrollTop, clientHeight, scrollHeight }) => scrollHeight - scrollTop - clientHeight <= 1)

test('the list stays at its end during an edit, and scrolls there when the user sends a message', async () => {
  for (let n = 1; n <= 12; n++) await mina.say(`filler ${n}`)
  await eventually(async () => expect(await mina.page.locator('.is-waiting').count()).toBe(0))
  await eventually(async () => expect(await isAtEnd(mina)).toBe(true))
  await mina.bubble('filler 12').click({ button: 'right' })
  await mina.page.getByRole('menuitem', { name: 'Edit' }).click()
  await mina.page.locator('.composer-about').waitFor()
  await mina.say('filler twelve')
  await mina.page.locator('.bubble', { hasText: 'filler twelve' }).getByText('edited').waitFor()
  await eventually(async () => expect(await isAtEnd(mina)).toBe(true))
  await mina.page.locator('.messages').evaluate((element) => element.scrollBy(0, -400))
  await mina.page.getByRole('button', { name: 'Jump to the newest message' }).waitFor()
  mina.wire.cut()
  await mina.page.locator('.connection-bar').waitFor()
  await mina.say('Written in a tunnel, far above')
  await mina.page.locator('.is-waiting', { hasText: 'far above' }).waitFor()
  await eventually(async () => expect(await isAtEnd(mina)).toBe(true))
  mina.wire.mend()
  await sora.bubble('far above').waitFor()
})

test('a master hides and shows a message, and a member shares it to another room', async () => {
  const act = async (who: Visitor, text: string, action: string) => {
    await who.bubble(text).first().click({ button: 'right' })
    await who.page.getByRole('menuitem', { name: action }).click()
  }
  await sora.say('The code is 1234')
  await mina.bubble('The code is 1234').waitFor()
  await act(mina, 'The code is 1234', 'Hide from members')
  await sora.page.locator('.bubble-gone', { hasText: '방장이 가린 메시지' }).waitFor()
  await mina.page.locator('.bubble-hidden', { hasText: 'The code is 1234' }).waitFor()
  await act(mina, 'The code is 1234', 'Show to members again')
  await sora.bubble('The code is 1234').waitFor()
  await act(sora, 'The code is 1234', '다른 대화로 공유')
  await sora.page.locator('.dialog .person', { hasText: 'Design review' }).click()
  await sora.page.getByRole('button', { name: '공유', exact: true }).click()
  const row = mina.page.locator('.room-row', { hasText: 'Design review' })
  await row.filter({ hasText: 'Sora Lee: The code is 1234' }).locator('.badge').waitFor()
})

test("the room list shows whether a room's alarm is off", async () => {
  const { page } = mina
  const mark = page.locator('.room-row', { hasText: 'Team lunch' }).locator('.room-mark')
  await page.getByRole('button', { name: 'Alarm for this chat' }).click()
  await mark.waitFor()
  await page.getByRole('button', { name: 'Alarm for this chat' }).click()
  await mark.waitFor({ state: 'detached' })
})

test('a master pins an announcement, freezes the room, mutes a member and removes them', async () => {
  await mina.page.getByRole('button', { name: 'Details' }).click()
  await mina.page.getByRole('button', { name: 'Settings', exact: true }).click()
  await mina.page.getByLabel('Announcement').last().fill('Bring your own chopsticks')
  await mina.page.keyboard.press('Enter')
  await sora.page.locator('.announcement', { hasText: 'chopsticks' }).waitFor()
  await mina.page.getByRole('switch', { name: 'Freeze: nobody can write' }).click()
  await sora.page.locator('.composer-closed').waitFor()
  await mina.shoot('settings')
  await mina.page.getByRole('switch', { name: 'Freeze: nobody can write' }).click()
  await sora.page.locator('.composer textarea').waitFor()
  await mina.page.getByRole('button', { name: 'Members', exact: true }).first().click()
  const actions = mina.page.getByRole('button', { name: 'Actions for Sora Lee' })
  await actions.click()
  await mina.page.getByRole('menuitem', { name: 'Mute for 10 minutes' }).click()
  await sora.page.locator('.composer-closed').waitFor()
  await actions.click()
  await mina.shoot('members')
  await mina.page.getByRole('menuitem', { name: 'Remove from the chat' }).click()
  await sora.page.getByText('더 이상 이 대화방의 멤버가 아닙니다').waitFor()
  await sora.shoot('taken-out')
  expect(await sora.page.locator('.room-row', { hasText: 'Team lunch' }).count()).toBe(0)
})

test('no browser logged an error', () => {
  // The browser itself reports connections that the test cuts.
  const all = [...mina.errors, ...sora.errors]
  expect(all.filter((text) => !/WebSocket|ERR_|Failed to load resource/.test(text))).toEqual([])
})
