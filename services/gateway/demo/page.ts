import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Encoding, HOW_TO_BUILD } from './built-page.ts'
import type { PageFolder } from './page-folder.ts'

/** The hosts that Firebase's library registers a browser with: https://firebase.google.com/docs/cloud-messaging/js/client */
const FCM = ['https://firebaseinstallations.googleapis.com', 'https://fcmregistrations.googleapis.com']

/** What the page connects to besides its own origin. */
export type Reach = {
  /** The origin of links to files. */
  filesOrigin: string
  /** Whether browsers register for pushes. */
  hasPush: boolean
}

/** Allows nothing inline, and nothing from other origins but what the page connects to. */
export const pageHeaders = ({ filesOrigin, hasPush }: Reach) => ({
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

/** Serves the page and its assets. Returns false for other paths. */
export function servePage(folder: PageFolder, reach: Reach) {
  const headers = pageHeaders(reach)
  const answer = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const page = await folder.read()
    const asset = page.get(path)
    if (!asset) return page.size === 0 ? writeMissing(response) : response.writeHead(404).end()
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
  }
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

function encodingFor(accepted: string | string[] | undefined): Encoding | undefined {
  const names = String(accepted ?? '')
    .split(',')
    .filter((item) => !/;\s*q=0(\.0*)?\s*$/.test(item))
    .map((item) => item.split(';')[0]?.trim())
  return (['br', 'gzip'] as const).find((encoding) => names.includes(encoding))
}
