import type { IncomingMessage, ServerResponse } from 'node:http'
import { errors, Fault, failed, type Output } from '@chat/contract'
import { type Bus, faultOf, type Logger } from '@chat/service'
import type { Authenticate } from '../connection/auth.ts'
import type { UserBuckets } from '../connection/rate-limits.ts'

const PREFIX = '/files/'

/** Nothing that is answered here is ever run, framed, kept or told to others. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** What a page's script asks for before it sends a token in the header. */
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
  rates: UserBuckets
}

/**
 * Answers `GET /files/<path>`: a redirect to a short-lived link, for those who may have the file. The token comes in the
 * header `authorization: Bearer …` or the query `token`; `thumbnail` and `download` as in getFileUrl. False where the
 * path is another's.
 */
export function serveFiles({ bus, authenticate, logger, isAllowedOrigin, rates }: Parts) {
  const answer = async (request: IncomingMessage, response: ServerResponse, requestId: string) => {
    try {
      const { url } = await open(request, requestId)
      response.writeHead(302, { location: url }).end()
    } catch (error) {
      const fault = faultOf(error) ?? new Fault('INTERNAL')
      if (!faultOf(error)) logger.error({ err: error, requestId }, 'file not opened')
      if (fault.retryAfterMs !== undefined)
        response.setHeader('retry-after', Math.ceil(fault.retryAfterMs / 1000))
      response.writeHead(errors[fault.code].http, { 'content-type': 'application/json' })
      response.end(JSON.stringify(failed(fault, requestId)))
    }
  }

  async function open(request: IncomingMessage, requestId: string): Promise<Output<'openFile'>> {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new Fault('INVALID_REQUEST', { message: 'Files are fetched by GET' })
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://files')
    const { userId, issuedAt } = await authenticate(tokenOf(request, searchParams))
    rates.take(userId)
    return bus.ask(
      'openFile',
      { userId, requestId },
      {
        path: pathOf(pathname),
        thumbnail: isWanted(searchParams, 'thumbnail'),
        download: isWanted(searchParams, 'download'),
        issuedAt,
      },
    )
  }

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (!request.url?.startsWith(PREFIX)) return false
    const { origin } = request.headers
    const requestId = crypto.randomUUID()
    for (const [name, value] of Object.entries({ ...HEADERS, 'x-request-id': requestId }))
      response.setHeader(name, value)
    if (origin !== undefined && isAllowedOrigin(origin)) {
      response.setHeader('access-control-allow-origin', origin)
      response.setHeader('vary', 'origin')
      if (request.method === 'OPTIONS') {
        response.writeHead(204, PREFLIGHT).end()
        return true
      }
    }
    void answer(request, response, requestId)
    return true
  }
}

const isWanted = (query: URLSearchParams, name: string) =>
  query.has(name) && query.get(name) !== '0' && query.get(name) !== 'false'

const tokenOf = ({ headers }: IncomingMessage, query: URLSearchParams) =>
  /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? query.get('token')

/** @throws FILE_NO_EXISTS for what cannot be a path: there is no such file then */
function pathOf(pathname: string): string {
  try {
    return decodeURIComponent(pathname.slice(PREFIX.length))
  } catch {
    throw new Fault('FILE_NO_EXISTS')
  }
}
