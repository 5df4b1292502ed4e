import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32, deflateSync } from 'node:zlib'
import type { Room } from '@chat/contract'
import { connectAs, makeRoom, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import sharp from 'sharp'
import { announce, noise, openStored, picture, type Stored, send } from '../testing.ts'
import { ImagePreviewer } from './image-previewer.ts'
import { findTools, VideoPreviewer } from './video-previewer.ts'

const tools = await findTools()
let stack: TestStack
let stored: Stored
let ann: PlainClient
let room: Room

async function open() {
  stack = await startTestStack()
  stored = await openStored(stack)
  ann = await connectAs(stack, 'ann')
  const ben = await connectAs(stack, 'ben')
  ben.close()
  room = await makeRoom(ann, ['ben'])
}
async function close() {
  ann?.close()
  await stored?.close()
  await stack?.close()
}

/** The file in its message, and its thumbnail if there is one. */
async function sent(type: 'PHOTO' | 'VIDEO' | 'FILE', data: Buffer) {
  const { file } = await send(ann, announce(room._id, { type }), data)
  expect(data.equals(await stored.bytes(file.path))).toBe(true)
  const bytes = file.thumbnail && (await stored.bytes(file.thumbnail))
  return { file, thumbnail: bytes ? await sharp(bytes).metadata() : null }
}

/** A PNG that declares `width` and `height` in its header, whatever `lines` contains. */
function png(width: number, height: number, lines: Buffer): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    check.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, check])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  // One bit per pixel, black and white.
  head.set([1, 0, 0, 0, 0], 8)
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', lines), chunk('IEND', Buffer.alloc(0))])
}

const lines = (width: number, height: number) => deflateSync(Buffer.alloc((1 + width / 8) * height))

describe('pictures', () => {
  beforeAll(open)
  afterAll(close)

  test('a rotated photo gets an upright thumbnail, without the place where it was taken', async () => {
    const data = await picture(1200, 800)
      .withMetadata({
        orientation: 6,
        exif: {
          IFD0: { Make: 'Camera' },
          IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '37/1 33/1 59/1', GPSLongitudeRef: 'E' },
        },
      })
      .jpeg()
      .toBuffer()
    const { exif, orientation } = await sharp(data).metadata()
    expect([orientation, exif?.includes('Camera')]).toEqual([6, true])

    const { file, thumbnail } = await sent('PHOTO', data)
    expect(file.frameSize).toEqual({ width: 800, height: 1200 })
    expect(thumbnail).toMatchObject({ format: 'webp', width: 213, height: 320 })
    expect([thumbnail?.exif, thumbnail?.xmp, thumbnail?.orientation]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test.each([
    ['png', () => picture(640, 480).png()],
    ['webp', () => picture(640, 480).webp()],
    ['avif', () => picture(640, 480).avif({ effort: 0 })],
    ['gif', () => picture(640, 480).gif()],
  ] as const)('a %s has a thumbnail', async (_, make) => {
    const { file, thumbnail } = await sent('PHOTO', await make().toBuffer())
    expect(file.frameSize).toEqual({ width: 640, height: 480 })
    expect(thumbnail).toMatchObject({ format: 'webp', width: 320, height: 240 })
  })

  test('the thumbnail of an animation shows its first frame', async () => {
    const frames = [picture(100, 50).png(), picture(100, 50).negate().png()]
    const moving = await sharp(await Promise.all(frames.map((frame) => frame.toBuffer())), {
      join: { animated: true },
    })
      .gif()
      .toBuffer()
    expect((await sharp(moving, { animated: true }).metadata()).pages).toBe(2)
    const { file, thumbnail } = await sent('PHOTO', moving)
    expect(file.frameSize).toEqual({ width: 100, height: 50 })
    expect(thumbnail).toMatchObject({ width: 100, height: 50 })
    expect(thumbnail?.pages ?? 1).toBe(1)
  })

  test('a picture sent as a file has a thumbnail, too', async () => {
    const { thumbnail } = await sent('FILE', await picture(400, 400).png().toBuffer())
    expect(thumbnail).toMatchObject({ width: 320 })
  })

  const broken: [string, () => Promise<Buffer> | Buffer][] = [
    ['of 400 million pixels in 50 KB', () => png(20_000, 20_000, lines(20_000, 20_000))],
    ['that claims to have 3,600 million pixels', () => png(60_000, 60_000, lines(8, 8))],
    ['that is truncated', async () => (await picture(900, 900).jpeg().toBuffer()).subarray(0, 2_000)],
    [
      'of which only the first bytes are valid',
      () => Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), noise(50_000)]),
    ],
    [
      'that is a webp of nothing',
      () => Buffer.from('RIFF\x20\0\0\0WEBPVP8 \x14\0\0\0'.padEnd(5_000, '\xff'), 'latin1'),
    ],
  ]
  test.each(broken)('a picture %s gets no thumbnail, and the next picture gets one', async (_, make) => {
    const { file } = await sent('PHOTO', await make())
    expect(file).toEqual({ name: 'file.bin', path: expect.any(String), size: expect.any(Number) })
    expect((await sent('PHOTO', await picture(64, 64).png().toBuffer())).thumbnail).toMatchObject({
      width: 64,
    })
  })
})

/** Sets a quarter turn in the track's header, as a phone does that is held upright. */
function turned(mp4: Buffer): Buffer {
  const matrix = (...[a, b, c, d]: [number, number, number, number]) => {
    const fields = Buffer.alloc(20)
    for (const [at, value] of [a, b, 0, c, d].entries()) fields.writeInt32BE(value * 65_536, at * 4)
    return fields
  }
  const at = mp4.indexOf(matrix(1, 0, 0, 1), mp4.indexOf('tkhd'))
  return Buffer.from(mp4).fill(matrix(0, 1, -1, 0), at, at + 20)
}

/** The first bytes of an MP4, then noise. */
const hardlyVideo = () =>
  Buffer.concat([Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isommp42', 'latin1'), noise(9_000)])

describe('videos without ffmpeg', () => {
  const { PATH } = process.env
  beforeAll(async () => {
    process.env.PATH = ''
    await open()
    process.env.PATH = PATH
  })
  afterAll(close)

  test('a video has no duration, frame size or thumbnail', async () => {
    const { file } = await sent('VIDEO', hardlyVideo())
    expect(file).toEqual({ name: 'file.bin', path: expect.any(String), size: 9_024 })
  })
})

const withFfmpeg = tools ? describe : describe.skip
withFfmpeg('videos with ffmpeg', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-videos-'))
    await open()
  })
  afterAll(async () => {
    await close()
    await rm(folder, { recursive: true, force: true })
  })

  async function film(name: string, ...args: string[]) {
    const out = join(folder, name)
    const source = ['-f', 'lavfi', '-i', 'testsrc=duration=2:size=640x360:rate=10']
    await promisify(execFile)(tools?.ffmpeg ?? '', ['-v', 'error', '-y', ...source, ...args, out])
    return readFile(out)
  }

  test.each([
    ['film.mp4', []],
    ['film.mov', []],
    ['film.webm', ['-c:v', 'libvpx']],
  ])('%s has a thumbnail, a duration and a frame size', async (name, args) => {
    const { file, thumbnail } = await sent('VIDEO', await film(name, ...args))
    expect(file.duration).toBeCloseTo(2, 0)
    expect(file.frameSize).toEqual({ width: 640, height: 360 })
    expect(thumbnail).toMatchObject({ format: 'webp', width: 320, height: 180 })
  })

  test('a rotated video has an upright thumbnail', async () => {
    const { file, thumbnail } = await sent('VIDEO', turned(await film('flat.mp4')))
    expect(file.frameSize).toEqual({ width: 360, height: 640 })
    expect(thumbnail).toMatchObject({ width: 180, height: 320 })
  })

  test('a broken video has no duration, frame size or thumbnail', async () => {
    const { file } = await sent('VIDEO', hardlyVideo())
    expect(file).toEqual({ name: 'file.bin', path: expect.any(String), size: 9_024 })
  })

  test('a video with frames of 256 million pixels has no frame size or thumbnail', async () => {
    const frame = join(folder, 'frame.png')
    await writeFile(frame, png(16_000, 16_000, lines(16_000, 16_000)))
    const out = join(folder, 'huge.mkv')
    await promisify(execFile)(tools?.ffmpeg ?? '', ['-v', 'error', '-i', frame, '-c', 'copy', out])
    const { file } = await sent('VIDEO', await readFile(out))
    expect([file.frameSize, file.thumbnail]).toEqual([undefined, undefined])
    expect((await sent('VIDEO', await film('next.mp4'))).thumbnail).toMatchObject({ width: 320 })
  })
})

test('the video tools run with limited memory and without secrets', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chat-tools-'))
  const ffprobe = join(folder, 'ffprobe')
  await writeFile(
    ffprobe,
    '#!/bin/sh\necho "{\\"format\\":{\\"duration\\":$(ulimit -v)}}"\n[ -z "$CHAT_TEST_MONGO_URL" ]',
    { mode: 0o755 },
  )
  const videoPreviewer = new VideoPreviewer({ ffmpeg: ffprobe, ffprobe }, new ImagePreviewer())
  const film = { file: 'film', folder, mediaType: 'video/mp4' }
  // The stand-in for ffprobe reports its memory limit, in kilobytes, as the duration.
  expect(await videoPreviewer.preview(film, AbortSignal.timeout(5_000))).toEqual({ duration: 800_000 })
  await rm(folder, { recursive: true, force: true })
})
