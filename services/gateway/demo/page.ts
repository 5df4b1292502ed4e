import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '@chat/service'
import { openPageFolder } from './page-folder.ts'

const HOW_TO_BUILD = 'npm run build:web'
const YEAR_S = 31_536_000
/** The hosts that Firebase's library registers a browser with: https://firebase.google.com/docs/cloud-messaging/js/client */
const FCM = ['https://firebaseinstallations.googleapis.com', 'https://fcmregistrations.googleapis.com']

/** What the page connects to besides its own origin: that of links to files, and Firebase where there are pushes. */
type Reach = { filesOrigin: string; hasPush: boolean }

/** Allows nothing inline, and nothing from other origins but what the page connects to. */
const headersFor = ({ filesOrigin, hasPush }: Reach) => ({
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' data: blob: ${filesOrigin}`,
    `media-src 'self' blob: ${filesOrigin}`,
    ["connect-src 'self'", ...(hasPush ? FCM : [])].join(' '),
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

const PATH = /^\/(?:[\w-]+\.[a-z]+|assets\/[\w.-]+)?$/

/** Serves the built page and its assets. The route returns false for other paths. */
export async function openPage(folder: string, reach: Reach, logger: Logger) {
  const headers = headersFor(reach)
  const readPage = openPageFolder(folder, logger)
  const answer = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const page = await readPage()
    const asset = page.get(path)
    if (!asset) return page.size === 0 ? writeMissing(response) : response.writeHead(404).end()
    const encoding = encodingFor(request.headers['accept-encoding'])
    const body = asset[encoding ?? 'body']
    response.writeHead(200, {
      ...headers,
      'content-type': asset.type,
      // The names in assets/ hold a hash of the content.
      'cache-control': path.startsWith('/assets/') ? `public, max-age=${YEAR_S}, immutable` : 'no-cache',
      'content-length': body.length,
      vary: 'accept-encoding',
      ...(encoding && { 'content-encoding': encoding }),
    })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  // The chat works without the page.
  if ((await readPage()).size === 0)
    logger.warn(
      { folder },
      `the demo page is not built: run ${HOW_TO_BUILD}, or set CHAT_DEMO=off; it is served as soon as it is built`,
    )
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = request.url?.split('?')[0] ?? ''
    if (!PATH.test(path) || (request.method !== 'GET' && request.method !== 'HEAD')) return false
    void answer(request, response, path)
    return true
  }
}

function writeMissing(response: ServerResponse) {
  response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  response.end(`The page is not built yet: ${HOW_TO_BUILD}\n`)
}

function encodingFor(accepted = '') {
  const items = accepted.split(',').filter((item) => !/;\s*q=0(\.0*)?\s*$/.test(item))
  const names = items.map((item) => item.split(';')[0]?.trim())
  return (['br', 'gzip'] as const).find((encoding) => names.includes(encoding))
}
