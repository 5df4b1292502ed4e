import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { Preview } from './previews.ts'
import type { Thumbnails } from './thumbnails.ts'

/** What reads a container; named, so that no file is taken for a playlist that names others. */
const readers: Record<string, string> = {
  'video/mp4': 'mov',
  'video/quicktime': 'mov',
  'video/3gpp': 'mov',
  'video/webm': 'matroska',
  'video/x-matroska': 'matroska',
}
const MOST_PIXELS = 50_000_000
/** Address space of a tool: any number of large tracks would else be decoded, each of which MOST_PIXELS allows. */
const MOST_KILOBYTES = 800_000
const MOST_OUTPUT = 65_536
const WITHIN_MS = 10_000
/** The first frames of many videos are black. */
const POSTER_AT_SECONDS = 1

type Tools = { ffmpeg: string; ffprobe: string }
type Film = { file: string; folder: string; mediaType: string }
type Probe = {
  streams?: { width?: number; height?: number; side_data_list?: { rotation?: number }[] }[]
  format?: { duration?: string }
}

const run = promisify(execFile)

/** Looks at videos, where ffmpeg is installed. */
export class VideoProbe {
  private readonly tools: Tools | null
  private readonly thumbnails: Thumbnails

  constructor(tools: Tools | null, thumbnails: Thumbnails) {
    this.tools = tools
    this.thumbnails = thumbnails
  }

  canShow(mediaType: string): boolean {
    return this.tools !== null && Object.hasOwn(readers, mediaType)
  }

  /** @throws where it cannot be read, or the signal comes first */
  async look(film: Film, signal: AbortSignal): Promise<Preview> {
    const { duration, frameSize } = await this.probe(film, signal)
    // One that is damaged may still tell how long it is.
    const poster = frameSize && (await this.poster(film, duration ?? 0, signal).catch(() => undefined))
    return {
      ...(duration !== undefined && { duration }),
      ...(frameSize && { frameSize }),
      ...(poster && { thumbnail: poster }),
    }
  }

  private async probe({ file, mediaType }: Film, signal: AbortSignal) {
    const { ffprobe } = this.tools as Tools
    const wanted = 'stream=width,height:stream_side_data=rotation:format=duration'
    const out = await runTool(
      ffprobe,
      [...source(mediaType, file), '-select_streams', 'v:0', '-show_entries', wanted, '-of', 'json'],
      signal,
    )
    return describe(JSON.parse(out) as Probe)
  }

  private async poster({ file, folder, mediaType }: Film, duration: number, signal: AbortSignal) {
    const { ffmpeg } = this.tools as Tools
    const frame = join(folder, 'frame.png')
    const at = ['-ss', String(Math.min(POSTER_AT_SECONDS, duration / 2))]
    const fit = 'scale=640:640:force_original_aspect_ratio=decrease'
    const output = ['-map', '0:v:0', '-frames:v', '1', '-vf', fit, '-f', 'image2', '-c:v', 'png', frame]
    await runTool(ffmpeg, ['-nostdin', ...at, ...source(mediaType, file), ...output], signal)
    return (await this.thumbnails.look(frame, signal)).thumbnail
  }
}

const source = (mediaType: string, file: string) => [
  ...['-v', 'error', '-protocol_whitelist', 'file'],
  ...['-threads', '1', '-max_pixels', String(MOST_PIXELS)],
  ...['-f', readers[mediaType] as string, '-i', file],
]

/** Where the system knows no such limit, the tool runs without it. */
const LIMITED = 'ulimit -v "$0" 2>/dev/null; exec "$@"'

async function runTool(tool: string, args: string[], signal: AbortSignal): Promise<string> {
  const limits = { signal, timeout: WITHIN_MS, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT } as const
  const command = ['-c', LIMITED, String(MOST_KILOBYTES), tool, ...args]
  return (await run('/bin/sh', command, { ...limits, env: {} })).stdout
}

/** What was asked, as it is seen: a phone held upright notes that its video is turned. */
export function describe({ streams, format }: Probe) {
  const { width, height, side_data_list = [] } = streams?.[0] ?? {}
  const seconds = Number(format?.duration)
  const isTurned = side_data_list.some(({ rotation = 0 }) => rotation % 180 !== 0)
  const size = width && height ? { width, height } : null
  return {
    duration: seconds > 0 && Number.isFinite(seconds) ? seconds : undefined,
    frameSize: size && isTurned ? { width: size.height, height: size.width } : size,
  }
}

/** ffmpeg and ffprobe, if both are on the path. */
export async function findTools(path = process.env.PATH ?? ''): Promise<Tools | null> {
  const [ffmpeg, ffprobe] = await Promise.all(['ffmpeg', 'ffprobe'].map((name) => find(name, path)))
  return ffmpeg && ffprobe ? { ffmpeg, ffprobe } : null
}

async function find(name: string, path: string): Promise<string | null> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const file = join(folder, name)
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return file
  }
  return null
}
