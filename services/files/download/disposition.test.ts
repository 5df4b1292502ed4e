import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { dispositionOf, servedType } from './disposition.ts'

describe('display in the browser', () => {
  test.each(['image/png', 'image/jpeg', 'image/heic', 'video/mp4', 'audio/x-m4a', 'application/pdf'])(
    '%s is served inline with its own type, as an attachment on request',
    (mediaType) => {
      expect(servedType(mediaType)).toBe(mediaType)
      expect(dispositionOf('a', mediaType, false)).toMatch(/^inline; /)
      expect(dispositionOf('a', mediaType, true)).toMatch(/^attachment; /)
    },
  )

  test.each([
    'application/zip',
    'text/plain',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  ])('%s is served as an attachment with its own type', (mediaType) => {
    expect(servedType(mediaType)).toBe(mediaType)
    expect(dispositionOf('a', mediaType, false)).toMatch(/^attachment; /)
  })

  test.each([
    'image/svg+xml',
    'text/html',
    'text/xml',
    'application/xml',
    'application/xhtml+xml',
    'application/rss+xml',
    'text/javascript',
    'application/javascript',
    'application/ecmascript',
    'text/css',
  ])('%s is served as an attachment, never with its own type', (mediaType) => {
    expect(servedType(mediaType)).toBe('application/octet-stream')
    expect(dispositionOf('a', mediaType, false)).toMatch(/^attachment; /)
  })
})

describe('the file name in Content-Disposition', () => {
  const named = (name: string) => dispositionOf(name, 'application/zip', false)

  test('is given in ASCII and in UTF-8', () => {
    expect(named('제주도 (1).zip')).toBe(
      `attachment; filename="___ (1).zip"; filename*=UTF-8''%EC%A0%9C%EC%A3%BC%EB%8F%84%20%281%29.zip`,
    )
  })

  test('cannot break out of the header, name another folder, or disguise the extension', () => {
    const name = 'a"; x="\r\n../b\\c%22.\u202egpj.exe'
    const clean = 'a"; x="__.._b_c%22.gpj.exe'
    expect(named(name)).toBe(
      `attachment; filename="a_; x=___.._b_c_22.gpj.exe"; filename*=UTF-8''${encodeURIComponent(clean)}`,
    )
  })

  test('keeps its extension when it is shortened', () => {
    const long = decodeURIComponent(named(`${'가'.repeat(240)}.tar.gz`).split("''")[1] as string)
    expect([...long]).toHaveLength(80)
    expect(long).toMatch(/^가+…가+\.tar\.gz$/)
  })

  test('yields a well-formed header for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 255 }), (name) => {
        const [, plain, own] = named(name).match(
          /^attachment; filename="([^"\\%\r\n]*)"; filename\*=UTF-8''([\w.!#$&+^`|~%-]*)$/,
        ) as string[]
        expect(plain).toMatch(/^[\x20-\x7e]*$/)
        expect(decodeURIComponent(own as string)).not.toMatch(/[/\\\p{Cc}]/u)
      }),
    )
  })
})
