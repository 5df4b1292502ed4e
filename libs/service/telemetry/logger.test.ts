import { expect, test } from '@jest/globals'
import { mongo } from 'mongoose'
import { describeError } from './logger.ts'

test('an error that is a bug is logged with its stack and cause', () => {
  const described = describeError(new TypeError('x is not a function', { cause: new Error('deeper') }))
  expect(described).toMatchObject({
    type: 'TypeError',
    stack: expect.stringMatching(/logger\.test[\s\S]*deeper/),
  })
})

test('an outage is logged in a line', () => {
  const lost = new mongo.MongoNetworkError('connection 4 closed', { cause: new Error('socket') })
  expect(describeError(lost)).toEqual({ type: 'MongoNetworkError', message: expect.any(String) })
})

test('what is no error is logged as it is', () => {
  expect(describeError('a reason')).toBe('a reason')
})
