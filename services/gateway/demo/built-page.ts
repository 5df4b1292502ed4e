import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'

/** How to get it. */
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

/** The built page in memory, compressed once: it is a handful of small files. Paths outside of it cannot be asked for. */
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
    // The build puts a hash of the content into the names of what lies in assets/.
    cache: path.startsWith('/assets/') ? `public, max-age=${YEAR_S}, immutable` : 'no-cache',
    body,
    encoded: { br, gzip: zipped },
  }
}

/** A build empties the folder first, and writes its files in no order: this one has all that it refers to. */
export function isWhole(page: Page): boolean {
  const html = page.get('/')?.body.toString()
  return html?.matchAll(/(?:src|href)="(\/[^"]+)"/g).every(([, path]) => page.has(path as string)) ?? false
}
