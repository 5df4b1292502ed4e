import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault, succeeded } from '@chat/contract'
import { type Auth, type Bus, type Logger, mintToken } from '@chat/service'
import { answerFailure } from '../http/failure.ts'
import { demoUsers } from './demo-rooms.ts'
import type { FcmWeb } from './fcm-web.ts'
import { makeDemoRooms } from './room-setup.ts'

const PATH = /^\/demo\/(?:users|tokens\/([\w-]{1,64}))$/
const TOKEN_LIFE_S = 3_600

type Parts = { bus: Bus; auth: Auth; namespace: string; push: FcmWeb | null; logger: Logger }

/** Serves `GET /demo/users`, with the page's settings, and `POST /demo/tokens/<id>`. Returns false for other paths. */
export function serveDemo({ bus, auth, namespace, push, logger }: Parts) {
  let making: Promise<void> | null = null
  /** The first sign-in makes the rooms; after a failure the next one tries again. */
  const makeRooms = () => {
    making ??= makeDemoRooms(bus).catch((error) => {
      making = null
      throw error
    })
    return making
  }

  async function answer(request: IncomingMessage, userId: string | undefined) {
    if (isCrossSite(request)) throw new Fault('FORBIDDEN')
    if (userId === undefined && request.method === 'GET') return { users: demoUsers, namespace, push }
    if (userId === undefined || request.method !== 'POST') throw new Fault('INVALID_REQUEST')
    if (!demoUsers.some(({ _id }) => _id === userId)) throw new Fault('USER_NO_EXISTS')
    await makeRooms()
    return mintToken(auth, userId, TOKEN_LIFE_S)
  }

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const match = PATH.exec(request.url ?? '')
    if (!match) return false
    response.setHeader('cache-control', 'no-store')
    response.setHeader('x-content-type-options', 'nosniff')
    answer(request, match[1])
      .then((data) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(succeeded(data)))
      })
      .catch((error) => answerFailure(response, error, crypto.randomUUID(), logger))
    return true
  }
}

/** Other sites must not sign their visitors in here. */
const isCrossSite = ({ headers }: IncomingMessage) =>
  headers['sec-fetch-site'] !== undefined && headers['sec-fetch-site'] !== 'same-origin'
