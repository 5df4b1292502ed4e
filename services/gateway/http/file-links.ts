import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '@chat/contract'
import type { Bus, Logger, TokenBuckets } from '@chat/service'
import type { Authenticate } from '../connection/auth.ts'
import { answerFailure } from './failure.ts'

const PREFIX = '/files/'

/** No answer may be run as a script, framed, cached or named in a referrer. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** The answer to a browser that asks before a script of another origin sends the token in a header. */
const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD',
  'access-control-allow-headers': 'authorization, range',
  'access-control-max-age': '600',
}

type Parts = {
  bus: Bus
  authenticate: Authenticate
  logger: Logger
  isAllowedOrigin: (origin: string) => boolean
  rates: TokenBuckets
}

/**
 * Serves `GET /files/<path>`: redirects members of the file's room to a short-lived link. The token comes in the header
 * `authorization: Bearer …` or the query `token`. Returns false for other paths.
 */
export function serveFiles(parts: Parts) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (!request.url?.startsWith(PREFIX)) return false
    const { origin } = request.headers
    const requestId = crypto.randomUUID()
    response.setHeaders(new Map(Object.entries({ ...HEADERS, 'x-request-id': requestId })))
    if (origin !== undefined && parts.isAllowedOrigin(origin)) {
      response.setHeader('access-control-allow-origin', origin)
      response.setHeader('vary', 'origin')
      if (request.method === 'OPTIONS') {
        response.writeHead(204, PREFLIGHT).end()
        return true
      }
    }
    openFile(parts, request, requestId)
      .then(({ url }) => response.writeHead(302, { location: url }).end())
      .catch((error) => answerFailure(response, error, requestId, parts.logger))
    return true
  }
}

async function openFile({ bus, authenticate, rates }: Parts, request: IncomingMessage, requestId: string) {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new Fault('INVALID_REQUEST', { message: 'Files are fetched by GET' })
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://files')
  const { userId, issuedAt } = await authenticate(tokenOf(request, searchParams))
  rates.take(userId)
  const caller = { userId, requestId }
  const thumbnail = isOn(searchParams, 'thumbnail')
  const download = isOn(searchParams, 'download')
  return bus.ask('openFile', caller, { path: pathOf(pathname), thumbnail, download, issuedAt })
}

const isOn = (query: URLSearchParams, name: string) =>
  query.has(name) && query.get(name) !== '0' && query.get(name) !== 'false'

const tokenOf = ({ headers }: IncomingMessage, query: URLSearchParams) =>
  /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? query.get('token')

/** @throws FILE_NO_EXISTS for what cannot be a path */
function pathOf(pathname: string): string {
  try {
    return decodeURIComponent(pathname.slice(PREFIX.length))
  } catch {
    throw new Fault('FILE_NO_EXISTS')
  }
}
