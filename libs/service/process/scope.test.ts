import { expect, test } from '@jest/globals'
import { openAll, Scope } from './scope.ts'

const logged = (log: string[], name: string) => async () => void log.push(name)

test('resources are closed once, in reverse order', async () => {
  const scope = new Scope()
  const log: string[] = []
  expect(await scope.use('one', 1, (value) => log.push(`one ${value}`))).toBe(1)
  await scope.use('two', Promise.resolve(2), (value) => log.push(`two ${value}`))
  await scope.use('closes itself', Promise.resolve({ close: logged(log, 'itself') }))
  await scope.close()
  await scope.close()
  expect(log).toEqual(['itself', 'two 2', 'one 1'])
})

test('a resource that fails to close is named, and the others are closed', async () => {
  const scope = new Scope()
  const log: string[] = []
  await scope.use('first', null, logged(log, 'first'))
  await scope.use('throws', null, () => {
    throw new Error('sync')
  })
  await scope.use('rejects', null, () => Promise.reject(new Error('async')))
  await scope.use('last', null, logged(log, 'last'))
  const error = await scope.close().catch((thrown: unknown) => thrown)
  expect(log).toEqual(['last', 'first'])
  expect(error).toBeInstanceOf(AggregateError)
  expect((error as AggregateError).errors.map((problem: Error) => (problem.cause as Error).message)).toEqual([
    'async',
    'sync',
  ])
  expect((error as Error).message).toBe('rejects did not close; throws did not close')
})

test('each close is awaited before the next', async () => {
  const scope = new Scope()
  const log: string[] = []
  const held = Promise.withResolvers<void>()
  await scope.use('first', null, logged(log, 'first'))
  await scope.use('slow', null, () => held.promise)
  const closing = scope.close()
  await Promise.resolve()
  expect(log).toEqual([])
  held.resolve()
  await closing
  expect(log).toEqual(['first'])
})

test('a second close() during the first waits for it and closes resources opened since', async () => {
  const scope = new Scope()
  const log: string[] = []
  const held = Promise.withResolvers<void>()
  await scope.use('first', null, logged(log, 'first'))
  await scope.use('slow', null, () => held.promise)
  const closing = scope.close()
  await scope.use('late', null, logged(log, 'late'))
  const again = scope.close().then(() => log.push('closed'))
  held.resolve()
  await Promise.all([closing, again])
  expect(log).toEqual(['late', 'first', 'closed'])
})

test('a failed opening closes what was opened before', async () => {
  const log: string[] = []
  const opening = openAll(async (scope) => {
    await scope.use('one', null, logged(log, 'one'))
    await scope.use('bad closer', null, () => Promise.reject(new Error('not this one')))
    await scope.use('two', Promise.reject(new Error('no engine')), logged(log, 'two'))
    return {}
  })
  await expect(opening).rejects.toThrow('no engine')
  expect(log).toEqual(['one'])
})

test('an opened whole is closed on request', async () => {
  const log: string[] = []
  const whole = await openAll(async (scope) => ({ port: await scope.use('port', 7, logged(log, 'port')) }))
  expect(whole.port).toBe(7)
  expect(log).toEqual([])
  await whole.close()
  expect(log).toEqual(['port'])
})
