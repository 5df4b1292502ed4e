import { operationNames, subjectsOf } from '@chat/contract'
import { permissionsOf, type Role, type RoleName, roleNames, roles } from '@chat/contract/permissions'
import { covers, eventually, signedIn } from '@chat/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { connect, type NatsConnection, PermissionViolationError } from '@nats-io/transport-node'

// Every NATS user tries every subject on a server with production's users and is refused what its role does not name.

const natsUrl = process.env.CHAT_TEST_NATS_URL as string
const root = `t${crypto.randomUUID().slice(0, 8)}`
const subjects = subjectsOf(root)
const { stream } = subjects
const services = ['rooms', 'messages', 'files', 'push'] as const
const roomKinds = ['message', 'change', 'news', 'gone', 'update', 'access', 'typing', 'read', 'fact'] as const
const userKinds = [
  ...(['joined', 'cursor', 'alarm', 'blocks', 'exportReady'] as const),
  ...(['mention', 'renamed', 'presence', 'revoked'] as const),
]
const durables = [...new Set(roleNames.flatMap((name) => (roles[name] as Role).stream?.consumers ?? []))]

/** Every subject that can be published to, requests included. */
const published = [
  ...operationNames.map(subjects.rpcOf),
  ...roomKinds.map((kind) => subjects.roomEvent('room', kind)),
  ...userKinds.map((kind) => subjects.userEvent('ann', kind)),
  ...[subjects.roomPresence('room'), subjects.userPresence('ann'), subjects.roll, subjects.words],
  ...['INFO', 'STREAM.LIST', 'STREAM.NAMES'].map((verb) => `$JS.API.${verb}`),
  ...['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'INFO', 'SNAPSHOT', 'RESTORE', 'MSG.GET', 'MSG.DELETE'].map(
    (verb) => `$JS.API.STREAM.${verb}.${stream}`,
  ),
  ...['CREATE', 'LIST', 'NAMES'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}`),
  ...durables.flatMap((durable) => [
    ...['CREATE', 'DURABLE.CREATE', 'DELETE', 'INFO', 'MSG.NEXT', 'PAUSE', 'UNPIN', 'RESET'].map(
      (verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`,
    ),
    `$JS.ACK.${stream}.${durable}.1.1.1.1.1`,
  ]),
  `$JS.API.DIRECT.GET.${stream}`,
  ...roomKinds.map((kind) => `$JS.API.DIRECT.GET.${stream}.${subjects.roomEvent('room', kind)}`),
  ...roleNames.map((name) => `_INBOX_${name}.x.1`),
  ...['_INBOX.x', '$SYS.REQ.SERVER.PING', `${root}.else`, 'else'],
]

/** Every subject that can be subscribed to; `subject queue` within a queue group. */
const subscribed = [
  ...services.flatMap((service) => [
    subjects.rpc(service, '*'),
    `${subjects.rpc(service, '*')} ${service}`,
    `${subjects.rpc(service, '*')} others`,
  ]),
  ...operationNames.map(subjects.rpcOf),
  ...[...roomKinds, '*' as const].flatMap((kind) => [
    subjects.roomEvent('room', kind),
    subjects.everyRoom(kind),
  ]),
  ...[...userKinds, '*' as const].flatMap((kind) => [
    subjects.userEvent('ann', kind),
    subjects.everyUser(kind),
  ]),
  ...[subjects.roomPresence('room'), subjects.userPresence('ann')],
  ...[subjects.everyPresence('room'), subjects.everyPresence('user'), subjects.roll, subjects.words],
  ...roleNames.flatMap((name) => [`_INBOX_${name}.>`, `_INBOX_${name}.x.*`]),
  ...[
    '>',
    '*',
    '*.>',
    `${root}.>`,
    '_INBOX.>',
    '_INBOX.x',
    '$JS.>',
    '$JS.API.>',
    '$JS.ACK.>',
    '$SYS.>',
    'else',
  ],
]

let nats: NatsConnection
let refused: string[]
beforeEach(() => {
  refused = []
})
afterEach(() => nats?.close())

const signIn = async (name: RoleName) => {
  nats = await connect({
    servers: new URL(natsUrl).host,
    user: name,
    pass: name,
    inboxPrefix: `_INBOX_${name}`,
  })
  const watch = async () => {
    for await (const status of nats.status()) if (status.type === 'error') note(status.error)
  }
  void watch()
}
const note = (error: unknown) => {
  if (!(error instanceof PermissionViolationError)) throw error
  refused.push(error.queue ? `${error.subject} ${error.queue}` : error.subject)
}

/** The subjects outside the patterns. A pattern may be limited to a queue group. */
const outside = (all: string[], patterns: string[]) =>
  all.filter((subject) => {
    const [own = '', queue = ''] = subject.split(' ')
    return !patterns.some((each) => {
      const [pattern = '', group = queue] = each.split(' ')
      return covers(pattern, own) && group === queue
    })
  })
const unique = (all: string[]) => [...new Set(all)].sort()

test.each(roleNames)('NATS refuses %s every subject that its role does not name', async (name) => {
  await signIn(name)
  const { publish, subscribe } = permissionsOf(name, root)
  for (const subject of published) nats.publish(subject, '{}')
  await nats.flush()
  await eventually(() => expect(unique(refused)).toEqual(unique(outside(published, publish))))

  refused = []
  for (const subject of subscribed) {
    const [own = '', queue] = subject.split(' ')
    nats.subscribe(own, { ...(queue && { queue }), callback: () => {} })
  }
  await nats.flush()
  await eventually(() => expect(unique(refused)).toEqual(unique(outside(subscribed, subscribe))))
})

test('critical subjects belong to at most one role', () => {
  const whoMay = (subject: string) =>
    roleNames.filter((name) => permissionsOf(name, root).publish.some((pattern) => covers(pattern, subject)))
  expect(whoMay(subjects.roomEvent('room', 'message'))).toEqual(['messages'])
  expect(whoMay(subjects.roomEvent('room', 'access'))).toEqual(['rooms'])
  expect(whoMay(subjects.rpcOf('sendMessage'))).toEqual(['gateway'])
  expect(whoMay(subjects.rpcOf('eraseUserInMessages'))).toEqual(['platform-api'])
  expect(whoMay(`$JS.API.STREAM.PURGE.${stream}`)).toEqual(['messages'])
  expect(whoMay(`$JS.API.STREAM.DELETE.${stream}`)).toEqual([])
  const hears = (subject: string) =>
    roleNames.filter((name) =>
      permissionsOf(name, root).subscribe.some((pattern) => covers(pattern, subject)),
    )
  expect(hears('_INBOX_gateway.x.1')).toEqual(['gateway'])
  expect(hears(subjects.rpcOf('sendMessage'))).toEqual([])
})

test('a wrong password is refused', async () => {
  const url = new URL(signedIn(natsUrl, 'rooms'))
  await expect(connect({ servers: url.host, user: 'rooms', pass: 'wrong' })).rejects.toThrow(/Authorization/)
})
