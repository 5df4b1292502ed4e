import { Fault } from '@chat/contract'
import { expect, test } from '@jest/globals'
import { mongo } from 'mongoose'
import { faultOf } from './outage-fault.ts'

const coded = (code: string) => Object.assign(new Error('a socket ended'), { code })

test.each([
  ['a network error of the database', new mongo.MongoNetworkError('lost'), 'SERVICE_UNAVAILABLE'],
  ['a write to a socket that has ended', coded('EPIPE'), 'SERVICE_UNAVAILABLE'],
  [
    'a refused connection, as the cause of an error',
    new Error('x', { cause: coded('ECONNREFUSED') }),
    'SERVICE_UNAVAILABLE',
  ],
  ['a fault', new Fault('ROOM_NO_EXISTS'), 'ROOM_NO_EXISTS'],
  ['a duplicate key', coded('11000'), undefined],
  ['a bug', new TypeError('x is not a function'), undefined],
])('%s', (_what, error, code) => {
  expect(faultOf(error)?.code).toBe(code)
})
