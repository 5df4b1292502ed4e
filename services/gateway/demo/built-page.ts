import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'

export const HOW_TO_BUILD = 'npm run build:web'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
}
const YEAR_S = 31_536_000
const encoders = { br: promisify(brotliCompress), gzip: promisify(gzip) }

export type Encoding = keyof typeof encoders
type Asset = { type: string; cache: string; body: Buffer; encoded: Record<Encoding, Buffer> }
export type Page = ReadonlyMap<string, Asset>

/** Reads the built page, a handful of small files, and compresses each once. Only these paths can be requested. */
export async function readPage(folder: string): Promise<Page> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile() && Object.hasOwn(TYPES, extname(entry.name)))
  const assets = files.map(async ({ parentPath, name }): Promise<[string, Asset]> => {
    const file = join(parentPath, name)
    const path = file.slice(folder.replace(/\/$/, '').length)
    return [path === '/index.html' ? '/' : path, await assetOf(path, await readFile(file))]
  })
  return new Map(await Promise.all(assets))
}

async function assetOf(path: string, body: Buffer): Promise<Asset> {
  const [br, zipped] = await Promise.all([encoders.br(body), encoders.gzip(body)])
  return {
    type: TYPES[extname(path)] as string,
    // The names in assets/ hold a hash of the content.
    cache: path.startsWith('/assets/') ? `public, max-age=${YEAR_S}, immutable` : 'no-cache',
    body,
    encoded: { br, gzip: zipped },
  }
}

/** Whether everything that the page refers to is there: a build empties the folder and writes files in any order. */
export function isWhole(page: Page): boolean {
  const html = page.get('/')?.body.toString()
  return html?.matchAll(/(?:src|href)="(\/[^"]+)"/g).every(([, path]) => page.has(path as string)) ?? false
}
