import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sniff } from './file-type.ts'

const sniffed = (text: string | Uint8Array) =>
  sniff(typeof text === 'string' ? new TextEncoder().encode(text) : text, true)

test.each([
  ['<!DOCTYPE html><p>hi', 'text/html'],
  ['\uFEFF \n<HTML>', 'text/html'],
  ['<script>alert(1)</script>', 'text/html'],
  ['<!-- a --> <b>bold</b>', 'text/html'],
  ['<!-- only a comment', 'text/html'],
  ['<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 'image/svg+xml'],
  ['<?xml version="1.0"?>\n<!-- drawn -->\n<svg/>', 'image/svg+xml'],
  ['<?xml version="1.0"?><!DOCTYPE svg PUBLIC "a" "b" [<!ENTITY x "y">]><svg:svg/>', 'image/svg+xml'],
  ['<?xml version="1.0"?><note/>', 'text/xml'],
  ['%PDF-1.7\n', 'application/pdf'],
  ['{\\rtf1 hello}', 'application/rtf'],
  ['안녕하세요\r\n\tthere', 'text/plain'],
  ['<3 you', 'text/plain'],
  ['a < b && c > d', 'text/plain'],
  ['MZ', 'application/x-msdownload'],
  ['', 'text/plain'],
])('%j is %s', async (text, mediaType) => {
  expect(await sniffed(text)).toBe(mediaType)
})

test('UTF-16 text is recognized', async () => {
  const wide = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])
  expect(await sniffed(wide('hello'))).toBe('text/plain')
  expect(await sniffed(wide('<html>'))).toBe('text/html')
})

test('a character that is cut at the end of the first bytes does not make a text binary', async () => {
  const cut = new TextEncoder().encode('안녕').subarray(0, 4)
  expect(await sniff(cut, false)).toBe('text/plain')
  expect(await sniff(cut, true)).toBe('application/octet-stream')
})

test('unrecognized bytes are application/octet-stream', async () => {
  expect(await sniffed(new Uint8Array([0, 1, 2, 3, 255]))).toBe('application/octet-stream')
})

test('any bytes get a type', async () => {
  const starts = fc.constantFrom(
    '',
    'PK\x03\x04',
    '\xff\xd8\xff',
    'RIFF',
    '\x1a\x45\xdf\xa3',
    'ftyp',
    '<?xml',
    '<!',
  )
  await fc.assert(
    fc.asyncProperty(
      starts,
      fc.uint8Array({ maxLength: 300 }),
      fc.boolean(),
      async (start, rest, isWhole) => {
        const mediaType = await sniff(Buffer.concat([Buffer.from(start, 'latin1'), rest]), isWhole)
        expect(mediaType).toMatch(/^[a-z]+\/[\w.+-]+$/i)
      },
    ),
    { numRuns: 500 },
  )
})
