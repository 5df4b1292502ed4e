import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { Logger } from '@chat/service'
import { LRUCache } from 'lru-cache'

const CHECK_EVERY_MS = 500
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}
const encoders = { br: promisify(brotliCompress), gzip: promisify(gzip) }

type Asset = { type: string; body: Buffer; br: Buffer; gzip: Buffer }
type Page = ReadonlyMap<string, Asset>
type Build = { fingerprint: string; page: Page; served: Page }

/** Keeps the built page in memory, by path; empty where none is built. It is read again when its folder has changed. */
export function openPageFolder(folder: string, logger: Logger) {
  const builds = new LRUCache<string, Build>({
    max: 1,
    ttl: CHECK_EVERY_MS,
    fetchMethod: (_folder, known) =>
      readBuild(folder, known).catch((err) => {
        logger.warn({ err }, 'the demo page cannot be read')
        return known
      }),
  })
  return async (): Promise<Page> => (await builds.fetch(folder))?.served ?? new Map()
}

/** While a build writes the folder, the build before stays. */
async function readBuild(folder: string, known: Build | undefined): Promise<Build | undefined> {
  const { fingerprint, paths } = await look(folder)
  if (fingerprint === known?.fingerprint) return known
  const page = new Map(await Promise.all(paths.map((path) => readAsset(folder, path))))
  if (!isWhole(page) || (await look(folder)).fingerprint !== fingerprint) return known
  // Browsers that loaded the page before still ask for its assets.
  return { fingerprint, page, served: new Map([...(known?.page ?? []), ...page]) }
}

/** The files that are served, and what changes with any of them. */
async function look(folder: string) {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const paths = names.filter((name) => Object.hasOwn(TYPES, extname(name))).sort()
  const stats = await Promise.all(paths.map((path) => stat(join(folder, path))))
  return { paths, fingerprint: stats.map(({ size, mtimeMs }, at) => [paths[at], size, mtimeMs]).join() }
}

async function readAsset(folder: string, path: string): Promise<[string, Asset]> {
  const body = await readFile(join(folder, path))
  const [br, gzip] = await Promise.all([encoders.br(body), encoders.gzip(body)])
  const type = TYPES[extname(path)] as string
  return [path === 'index.html' ? '/' : `/${path}`, { type, body, br, gzip }]
}

/** Whether everything that the page refers to is there: a build empties the folder and writes files in any order. */
function isWhole(page: Page): boolean {
  const html = page.get('/')?.body.toString()
  return html?.matchAll(/(?:src|href)="(\/[^"]+)"/g).every(([, path]) => page.has(path as string)) ?? false
}
