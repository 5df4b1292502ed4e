import { expect, test } from '@jest/globals'
import { noise } from '../testing.ts'
import { FileTypePolicy, type Kind } from './file-type.ts'

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const ZIP = Buffer.concat([Buffer.from('504b0304', 'hex'), Buffer.alloc(5_000)])
const listed = new FileTypePolicy(['image/*', 'text/plain', 'application/vnd.oasis.opendocument.*'])
const judge = (kind: Kind, bytes: Uint8Array, isWhole = true) =>
  listed.check(kind, bytes, isWhole).catch((error) => error.code)

test('the list contains types or prefixes of types', async () => {
  expect(await judge('PHOTO', PNG)).toBe('image/png')
  expect(await judge('FILE', Buffer.from('hello'))).toBe('text/plain')
  expect(await judge('FILE', Buffer.from('%PDF-1.7'))).toBe('FILE_TYPE_NOT_ALLOWED')
  expect(await judge('FILE', noise(9_000))).toBe('FILE_TYPE_NOT_ALLOWED')
})

test('a photo must be a picture and a video a video, whatever types are allowed', async () => {
  expect(await judge('VIDEO', PNG)).toBe('FILE_TYPE_NOT_ALLOWED')
  expect(await judge('PHOTO', Buffer.from('hello'))).toBe('FILE_TYPE_NOT_ALLOWED')
})

test('an unrecognized type passes in a short first chunk, but not in the whole file', async () => {
  expect(await judge('PHOTO', noise(100), false)).toBe('application/octet-stream')
  expect(await judge('PHOTO', noise(100), true)).toBe('FILE_TYPE_NOT_ALLOWED')
  expect(await judge('PHOTO', noise(9_000), false)).toBe('FILE_TYPE_NOT_ALLOWED')
})

test('a first chunk of an archive passes, since it may be an allowed document, but not as a photo', async () => {
  expect(await judge('FILE', ZIP, false)).toBe('application/zip')
  expect(await judge('FILE', ZIP, true)).toBe('FILE_TYPE_NOT_ALLOWED')
  expect(await judge('PHOTO', ZIP, false)).toBe('FILE_TYPE_NOT_ALLOWED')
})
