import { eventually, freePort, openWire, type Wire } from '@chat/testing'
import { afterEach, expect, jest, test } from '@jest/globals'
import mongoose from 'mongoose'
import { faultOf } from '../bus/outage-fault.ts'
import { openMongo, pingMongo } from './mongo.ts'

let wire: Wire | undefined
afterEach(async () => {
  jest.restoreAllMocks()
  await wire?.close()
  wire = undefined
})

test('opening waits for a server that does not answer at first', async () => {
  wire = await openWire(process.env.CHAT_TEST_MONGO_URL as string)
  wire.cut()
  const tries = jest.spyOn(mongoose.Connection.prototype, 'openUri')
  const opening = openMongo(wire.through, 'anything')
  await eventually(() => expect(tries.mock.calls.length).toBeGreaterThan(1))
  wire.mend()
  const connection = await opening
  expect(await pingMongo(connection)).toMatchObject({ ok: 1 })
  await connection.close()
})

test('an unreachable server is an outage, and the error names it without its password', async () => {
  const [one, two] = [await freePort(), await freePort()]
  const opening = openMongo(`mongodb://alice:pa%40ss@127.0.0.1:${one},127.0.0.1:${two}/x?authSource=y`, 'x')
  const error = await opening.catch((thrown) => thrown)
  expect(error.message).toMatch(
    new RegExp(
      `^MongoDB at 127.0.0.1:${one},127.0.0.1:${two} cannot be reached \\(.+\\): check CHAT_MONGO_URL$`,
    ),
  )
  expect(error.message).not.toMatch(/alice|pa%40ss/)
  expect(faultOf(error)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
})

test('an invalid URL is refused at once', async () => {
  const tries = jest.spyOn(mongoose.Connection.prototype, 'openUri')
  await expect(openMongo('mongodb://127.0.0.1/?nosuchoption=1', 'x')).rejects.toThrow('nosuchoption')
  expect(tries).toHaveBeenCalledTimes(1)
})
