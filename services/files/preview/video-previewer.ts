import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ImagePreviewer, Preview } from './image-previewer.ts'

/** ffmpeg's demuxers. Naming one keeps a file from being read as a playlist that refers to other files. */
const demuxers: Record<string, string> = {
  'video/mp4': 'mov',
  'video/quicktime': 'mov',
  'video/3gpp': 'mov',
  'video/webm': 'matroska',
  'video/x-matroska': 'matroska',
}
const MAX_PIXELS = 50_000_000
/** Address space of a tool. It bounds files with many tracks, each of which may have MAX_PIXELS. */
const MAX_KILOBYTES = 800_000
const MAX_OUTPUT_BYTES = 65_536
const TIMEOUT_MS = 10_000
/** The first frames of many videos are black. */
const POSTER_AT_SECONDS = 1

type Tools = { ffmpeg: string; ffprobe: string }
type Video = { file: string; folder: string; mediaType: string }
type Probe = {
  streams?: { width?: number; height?: number; side_data_list?: { rotation?: number }[] }[]
  format?: { duration?: string }
}

const run = promisify(execFile)

/** Reads videos, where ffmpeg is installed. */
export class VideoPreviewer {
  private readonly tools: Tools | null
  private readonly images: ImagePreviewer

  constructor(tools: Tools | null, images: ImagePreviewer) {
    this.tools = tools
    this.images = images
  }

  supports(mediaType: string): boolean {
    return this.tools !== null && Object.hasOwn(demuxers, mediaType)
  }

  async preview(video: Video, signal: AbortSignal): Promise<Preview> {
    const { duration, frameSize } = await this.probe(video, signal)
    // The duration of a damaged video can be known all the same.
    const thumbnail = frameSize && (await this.poster(video, duration ?? 0, signal).catch(() => undefined))
    return { duration, frameSize, thumbnail }
  }

  private async probe({ file, mediaType }: Video, signal: AbortSignal) {
    const { ffprobe } = this.tools as Tools
    const entries = 'stream=width,height:stream_side_data=rotation:format=duration'
    const output = ['-select_streams', 'v:0', '-show_entries', entries, '-of', 'json']
    return describe(JSON.parse(await runTool(ffprobe, [...source(mediaType, file), ...output], signal)))
  }

  private async poster({ file, folder, mediaType }: Video, duration: number, signal: AbortSignal) {
    const { ffmpeg } = this.tools as Tools
    const frame = join(folder, 'frame.png')
    const at = ['-ss', String(Math.min(POSTER_AT_SECONDS, duration / 2))]
    const fit = 'scale=640:640:force_original_aspect_ratio=decrease'
    const output = ['-map', '0:v:0', '-frames:v', '1', '-vf', fit, '-f', 'image2', '-c:v', 'png', frame]
    await runTool(ffmpeg, ['-nostdin', ...at, ...source(mediaType, file), ...output], signal)
    return (await this.images.preview(frame, signal)).thumbnail
  }
}

const source = (mediaType: string, file: string) => [
  ...['-v', 'error', '-protocol_whitelist', 'file'],
  ...['-threads', '1', '-max_pixels', String(MAX_PIXELS)],
  ...['-f', demuxers[mediaType] as string, '-i', file],
]

/** Where the system has no such limit, the tool runs without one. */
const LIMITED = 'ulimit -v "$0" 2>/dev/null; exec "$@"'

async function runTool(tool: string, args: string[], signal: AbortSignal): Promise<string> {
  const command = ['-c', LIMITED, String(MAX_KILOBYTES), tool, ...args]
  const { stdout } = await run('/bin/sh', command, {
    signal,
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: MAX_OUTPUT_BYTES,
    env: {},
  })
  return stdout
}

/** The frame size after rotation: phones store upright videos rotated by 90 degrees. */
function describe({ streams, format }: Probe) {
  const { width, height, side_data_list = [] } = streams?.[0] ?? {}
  const seconds = Number(format?.duration)
  const isRotated = side_data_list.some(({ rotation = 0 }) => rotation % 180 !== 0)
  const size = width && height ? { width, height } : undefined
  return {
    duration: seconds > 0 && Number.isFinite(seconds) ? seconds : undefined,
    frameSize: size && isRotated ? { width: size.height, height: size.width } : size,
  }
}

export async function findTools(): Promise<Tools | null> {
  const env = { PATH: process.env.PATH ?? '' }
  const search = run('/bin/sh', ['-c', 'command -v ffmpeg && command -v ffprobe'], { env })
  const { stdout } = await search.catch(() => ({ stdout: '' }))
  const [ffmpeg, ffprobe] = stdout.split('\n')
  return ffmpeg && ffprobe ? { ffmpeg, ffprobe } : null
}
