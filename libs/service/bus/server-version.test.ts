import { expect, test } from '@jest/globals'
import { tooOld } from './server-version.ts'

test.each(['2.14.0', '2.14.0-RC.1', '2.15.2', '3.0.0', 'dev'])(
  'a server of version %s is used',
  (version) => {
    expect(tooOld(version)).toBe(null)
  },
)

test.each(['2.13.9', '2.9.25', '1.4.1'])('a server of version %s is refused', (version) => {
  expect(tooOld(version)).toBe(`nats-server ${version} is too old: 2.14 or newer is needed`)
})
