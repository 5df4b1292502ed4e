import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'

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

type Encoding = keyof typeof encoders
type Asset = { type: string; cache: string; body: Buffer; encoded: Record<Encoding, Buffer> }
export type Page = ReadonlyMap<string, Asset>

/** The built page in memory, compressed once: it is a handful of small files. Paths outside of it cannot be asked for. */
export async function readPage(folder: string): Promise<Page> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause) => {
    throw new Error(`The page is not in ${folder}: build it with npm run build:web, or set CHAT_DEMO=off`, {
      cause,
    })
  })
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

/** Nothing inline, nothing from elsewhere but the files that people send, which come from `filesOrigin`. */
export const pageHeaders = (filesOrigin: string) => ({
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' data: blob: ${filesOrigin}`,
    `media-src 'self' blob: ${filesOrigin}`,
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
})

/** Answers for the page and what belongs to it. False where the path is another's. */
export function servePage(page: Page, filesOrigin: string) {
  const headers = pageHeaders(filesOrigin)
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const asset = page.get(request.url?.split('?')[0] ?? '')
    if (!asset || (request.method !== 'GET' && request.method !== 'HEAD')) return false
    const encoding = encodingFor(request.headers['accept-encoding'])
    const body = encoding ? asset.encoded[encoding] : asset.body
    response.writeHead(200, {
      ...headers,
      'content-type': asset.type,
      'cache-control': asset.cache,
      'content-length': body.length,
      vary: 'accept-encoding',
      ...(encoding && { 'content-encoding': encoding }),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
    return true
  }
}

function encodingFor(accepted: string | string[] | undefined): Encoding | undefined {
  const names = String(accepted ?? '')
    .split(',')
    .filter((item) => !/;\s*q=0(\.0*)?\s*$/.test(item))
    .map((item) => item.split(';')[0]?.trim())
  return (['br', 'gzip'] as const).find((encoding) => names.includes(encoding))
}
