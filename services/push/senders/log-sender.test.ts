import type { Logger } from '@chat/service'
import { expect, test } from '@jest/globals'
import { openLogSender } from './log-sender.ts'

test("without credentials pushes are logged without the message's text", async () => {
  const lines: unknown[] = []
  const logger = { info: (...line: unknown[]) => lines.push(line), debug: () => {} } as unknown as Logger
  const content = {
    kind: 'message',
    title: 'Room',
    body: 'a secret',
    roomId: 'r',
    messageId: 'm',
    badge: 2,
  } as const
  const sender = openLogSender(logger)
  expect(await sender.send([{ token: 'a-long-token', platform: 'IOS', content }])).toEqual([
    { result: 'sent' },
  ])
  expect(lines).toEqual([
    [
      { platform: 'IOS', device: 'ng-token', kind: 'message', badge: 2, roomId: 'r', messageId: 'm' },
      'push, not sent: no credentials',
    ],
  ])
  await sender.close()
})
