import type { Message, Room } from '@chat/contract'
import { connectPlain, makeRoom, type PlainClient, sendText, type TestStack } from '@chat/testing'

/** A running stack of any version, as its clients and platforms see it. */
export type Server = Pick<TestStack, 'gatewayUrl' | 'call' | 'token'>
export type World = {
  userIds: string[]
  roomIds: string[]
  /** What the searches of a user are compared by. */
  keywords: string[]
  webhook: { webhookId: string; secret: string }
}

const people = [
  ['ann', '김안나'],
  ['ben', 'Ben Ōkubo'],
  ['cho', '조현우'],
  ['dan', 'Dan'],
  ['eve', 'Éve'],
] as const
const rules = { canDeleteMessage: true, canInviteMemebrs: true, canLeaveOutRoom: true }
const texts = [
  '오늘 오후 세 시에 회의실에서 만나요',
  'The quarterly report is ready for review',
  '明日の会議は午前十時からです',
  '我们明天再讨论这个问题',
  'Встретимся завтра утром у входа',
  'Привет! Où est la réunion, déjà ?',
  'https://example.com/agenda 여기 안건이 있어요',
  '👩‍👩‍👧‍👦 family emoji, and a ﬂigature',
]
const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR4nGP8z8Dwn4GBgYGJAQoAHxcCAk+Uzr4AAAAASUVORK5CYII='

/** Makes rooms, messages and whatever hangs on them through the public interfaces, in less than a minute. */
export async function makeSmallWorld(server: Server, webhookUrl: string): Promise<World> {
  for (const [userId, nickName] of people) await call(server, 'POST', '/v1/users', { _id: userId, nickName })
  const clients = Object.fromEntries(
    await Promise.all(
      people.map(async ([userId]) => {
        return [userId, await connectPlain(server.gatewayUrl, await server.token(userId))] as const
      }),
    ),
  ) as Record<(typeof people)[number][0], PlainClient>
  const webhook = await call<World['webhook']>(server, 'POST', '/v1/webhooks', { url: webhookUrl })
  await call(server, 'PUT', '/v1/banned-words', { words: ['badword', '나쁜말'] })
  const group = await makeRoom(clients.ann, ['ben', 'cho', 'dan', 'eve'], rules, '프로젝트 알파')
  const roomIds = [
    group._id,
    await makePair(server, clients.ben),
    await makeInquiry(server),
    await makeUnread(clients),
  ]
  await talk(server, clients, group)
  await moderate(server, clients, group)
  await clients.ann.get('registerDevice', { token: 'a-device-of-ann', platform: 'ANDROID' })
  await clients.ann.get('setMentionAlarm', { on: false })
  await clients.dan.get('blockUser', { userId: 'ben' })
  await clients.ann.get('exportMessages', { roomId: group._id, format: 'JSON' })
  for (const client of Object.values(clients)) client.close()
  const keywords = [
    '회의',
    'report',
    '会議',
    '讨论',
    'завтра',
    'réunion',
    '고친',
    '신청서',
    'notes.txt',
    '읽지',
  ]
  return { userIds: people.map(([userId]) => userId), roomIds, keywords, webhook }
}

type Clients = Record<(typeof people)[number][0], PlainClient>

async function talk(server: Server, { ann, ben, cho, dan }: Clients, { _id: roomId }: Room) {
  const said: Message[] = []
  for (const [index, text] of [...texts, ...texts, ...texts].entries())
    said.push(await sendText([ann, ben, cho, dan][index % 4] as PlainClient, roomId, `${text} ${index}`))
  const idOf = (index: number) => (said[index] as Message)._id
  const replyTo = idOf(2)
  await sendText(ben, roomId, '답장입니다 @김안나', { replyTo })
  await sendText(ann, roomId, 'a reply to what is edited', { replyTo: idOf(4) })
  await sendText(ann, roomId, 'a reply to what is deleted', { replyTo: idOf(6) })
  await sendText(dan, roomId, 'with mentions', { mentions: ['ann', 'cho'], meta: { place: { x: 1 } } })
  await ann.get('editMessage', { roomId, messageId: idOf(4), text: '고친 글: see the new agenda' })
  await ann.get('editMessage', { roomId, messageId: idOf(4), text: '고친 글: see the newest agenda' })
  await cho.get('deleteMessage', { roomId, messageId: idOf(6) })
  await ann.get('hideMessage', { roomId, messageId: idOf(7), hidden: true })
  await ann.get('hideMessage', { roomId, messageId: idOf(9), hidden: true })
  await ann.get('hideMessage', { roomId, messageId: idOf(9), hidden: false })
  await upload(ben, roomId, 'PHOTO', 'pixel.png', Buffer.from(pixel, 'base64'))
  await upload(cho, roomId, 'FILE', 'notes.txt', Buffer.from('Notes of the meeting\n'.repeat(20)))
  await cho.get('reportMessage', { roomId, messageId: idOf(1), reason: 'a test of reports' })
  await ann.get('setAnnouncement', { roomId, messageId: idOf(3) })
  await ben.get('updateReadMessage', { roomId, messageId: idOf(20) })
  await call(server, 'PUT', `/v1/rooms/${roomId}/banned-words`, { words: ['secretword'], allow: ['badword'] })
}

async function moderate(server: Server, { ann, cho, eve }: Clients, { _id: roomId }: Room) {
  await sendText(eve, roomId, 'the last words of Éve')
  await ann.get('kickOutUsers', { roomId, targetUserIds: ['eve'], ban: true })
  await ann.get('muteUsers', { roomId, targetUserIds: ['dan'] })
  await ann.get('setMasters', { roomId, targetUserIds: ['cho'], master: true })
  await cho.get('roomAlarmTurnOnOff', { roomId, alarmOn: false })
  await call(server, 'PATCH', `/v1/rooms/${roomId}`, { meta: { project: 'alpha' } })
}

async function makePair(server: Server, ben: PlainClient): Promise<string> {
  const room = await call<Room>(server, 'POST', '/v1/rooms', {
    name: 'A pair',
    roomType: 'GROUP',
    joinUsers: [
      { _id: 'ann', nickName: '김안나', master: true },
      { _id: 'ben', nickName: 'Ben Ōkubo' },
    ],
    link: { sid: 'order-1', name: 'Order 1' },
    message: { author: { authorId: 'ann' }, data: { type: 'TEXT', content: { text: '주문에 대해' } } },
  })
  for (let n = 0; n < 120; n++) await sendText(ben, room._id, `number ${n} of a long talk`)
  return room._id
}

async function makeInquiry(server: Server): Promise<string> {
  const room = await call<Room>(server, 'POST', '/v1/rooms', {
    name: '문의',
    roomType: 'INQUIRY',
    joinUsers: [{ _id: 'cho', nickName: '조현우' }],
  })
  const rawData = {
    cardType: 'offer',
    text: '신청서가 도착했습니다',
    buttons: [{ title: '보기', action: 'open' }],
  }
  const path = `/v1/rooms/${room._id}/messages`
  const card = {
    author: { authorId: 'shop', nickName: 'Shop' },
    data: { type: 'CARD', content: { rawData } },
  }
  const { message } = await call<{ message: Message }>(server, 'POST', path, card)
  await call(server, 'PATCH', `${path}/${encodeURIComponent(message._id)}`, { acceptedStatus: true })
  await call(server, 'POST', path, {
    author: { authorId: 'shop', nickName: 'Shop' },
    data: { type: 'ADMIN', content: { text: 'The shop has joined' } },
  })
  return room._id
}

/** Members with unread messages, some of which count for nobody. */
async function makeUnread({ ann, ben, cho, dan }: Clients): Promise<string> {
  const { _id: roomId } = await makeRoom(ben, ['ann', 'cho', 'dan'], rules, 'Unread')
  const said: Message[] = []
  for (let n = 0; n < 12; n++)
    said.push(await sendText(ben, roomId, `읽지 않은 글 ${n}`, { mentions: ['cho'] }))
  const idOf = (index: number) => (said[index] as Message)._id
  await cho.get('updateReadMessage', { roomId, messageId: idOf(3) })
  await dan.get('updateReadMessage', { roomId, messageId: idOf(11) })
  await ben.get('deleteMessage', { roomId, messageId: idOf(2) })
  await ben.get('deleteMessage', { roomId, messageId: idOf(8) })
  await ben.get('hideMessage', { roomId, messageId: idOf(9), hidden: true })
  await sendText(ann, roomId, 'ann has read all')
  return roomId
}

async function upload(who: PlainClient, roomId: string, type: string, name: string, data: Buffer) {
  await who.get('sendFileMessage', {
    ...{ syncKey: crypto.randomUUID(), roomId, type, size: data.length },
    ...{ name, data },
  })
}

/** The data of a call of the platform API that must be a success. */
export async function call<T = unknown>({ call }: Server, method: string, path: string, body?: unknown) {
  const answer = await call(method, path, body)
  const { success, data } = answer.body as { success: boolean; data: T }
  if (!success) throw new Error(`${method} ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`)
  return data
}
