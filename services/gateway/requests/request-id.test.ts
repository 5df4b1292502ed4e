import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from '@jest/globals'

// In a separate process, since a logger writes to standard output.
const script = `
import { connectAs, startTestStack } from '@chat/testing'
const stack = await startTestStack({ config: { logLevel: 'debug' } })
const ann = await connectAs(stack, 'ann')
const ben = await connectAs(stack, 'ben')
const room = await ann.get('createNewRoom', { users: ['ben'], name: 'Traced' })
await ann.ask('sendMessage', { syncKey: '1', roomId: room._id, data: { type: 'TEXT', content: 'hello' } })
const refused = await ann.ask('sendMessage', { syncKey: '2', roomId: 'nowhere', data: { type: 'TEXT', content: 'hello' } })
console.log(JSON.stringify({ refused }))
ann.close()
ben.close()
await stack.close()
process.exit()
`

type Line = {
  service?: string
  requestId?: string
  operation?: string
  event?: string
  refused?: { requestId: string }
}

test('the logs of the gateway and of each involved service share one request id', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: 'libs/testing',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const [code] = await once(child, 'close')
  expect(code).toBe(0)
  const lines = output
    .split('\n')
    .filter((text) => text.startsWith('{'))
    .map((text) => JSON.parse(text) as Line)

  const follow = (requestId: string | undefined) =>
    new Set(
      lines
        .filter((line) => line.requestId === requestId)
        .map((line) => `${line.service} ${line.event ?? line.operation}`),
    )
  const sent = lines.find((line) => line.event === 'sendMessage')
  expect(sent?.requestId).toMatch(/./)
  expect(follow(sent?.requestId)).toEqual(
    new Set(['gateway sendMessage', 'messages sendMessage', 'rooms roomAccess']),
  )
  // A failure carries the id, so that its user can report it.
  const refused = lines.find((line) => line.refused)?.refused
  expect(follow(refused?.requestId)).toEqual(
    new Set(['gateway sendMessage', 'messages sendMessage', 'rooms roomAccess']),
  )
})
