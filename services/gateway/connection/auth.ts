import { Fault } from '@chat/contract'
import type { Auth } from '@chat/service'
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose'

/**
 * Who a token speaks for. `expiresAt` in milliseconds since the epoch; `issuedAt` in seconds, as tokens have it, and 0
 * where a token does not say: it is older than any revocation.
 */
export type Identity = {
  userId: string
  nickName?: string
  profileUrl?: string
  expiresAt: number
  issuedAt: number
}
export type Authenticate = (token: unknown) => Promise<Identity>

/** Only these with a key set: a shared-secret algorithm would let its public keys sign (RFC 8725, 2.1). */
const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

/**
 * Verifies client tokens as `config` says.
 * The result throws Fault TOKEN_EXPIRED, TOKEN_INVALID, or SERVICE_UNAVAILABLE where the key set cannot be fetched.
 */
export function createAuthenticate(config: Auth): Authenticate {
  const secret = config.secret === null ? null : new TextEncoder().encode(config.secret)
  const keys = config.jwksUrl === null ? null : createRemoteJWKSet(new URL(config.jwksUrl))
  const options = {
    requiredClaims: ['exp', config.userClaim],
    ...(config.issuer !== null && { issuer: config.issuer }),
    ...(config.audience !== null && { audience: config.audience }),
  }

  async function verify(token: string): Promise<JWTVerifyResult> {
    const alg = algorithmOf(token)
    if (alg === 'HS256' && secret) return jwtVerify(token, secret, { ...options, algorithms: ['HS256'] })
    if (alg && keys && ASYMMETRIC.includes(alg))
      return jwtVerify(token, keys, { ...options, algorithms: ASYMMETRIC })
    throw new Fault('TOKEN_INVALID')
  }

  return async (token) => {
    if (typeof token !== 'string') throw new Fault('TOKEN_INVALID')
    try {
      return identityOf((await verify(token)).payload, config.userClaim)
    } catch (error) {
      throw faultOf(error)
    }
  }
}

/** @throws TOKEN_INVALID for what is no token at all */
function algorithmOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).alg
  } catch {
    throw new Fault('TOKEN_INVALID')
  }
}

function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error
  if (error instanceof errors.JWTExpired) return new Fault('TOKEN_EXPIRED')
  return new Fault(isOfToken(error) ? 'TOKEN_INVALID' : 'SERVICE_UNAVAILABLE')
}

/** jose's failures that say nothing of the token: the key set did not come, or is none. */
const KEY_SET_FAILURES = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']

function isOfToken(error: unknown): boolean {
  if (error instanceof errors.JOSEError) return !KEY_SET_FAILURES.includes(error.code)
  // fetch() reports an unreachable host as a TypeError with a cause; a malformed token is one without.
  return error instanceof TypeError && error.cause === undefined
}

const isUserId = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length >= 1 &&
  value.length <= 128 &&
  value.isWellFormed() &&
  !/\p{Cc}/u.test(value)

const textOf = (value: unknown, maxLength: number) =>
  typeof value === 'string' && value.length >= 1 && value.isWellFormed()
    ? value.slice(0, maxLength).toWellFormed()
    : undefined

function identityOf(claims: JWTPayload, userClaim: string): Identity {
  const userId = claims[userClaim]
  if (!isUserId(userId) || typeof claims.exp !== 'number') throw new Fault('TOKEN_INVALID')
  const nickName = textOf(claims.nickName ?? claims.name, 100)
  const profileUrl = textOf(claims.profileUrl ?? claims.picture, 2048)
  return {
    userId,
    expiresAt: claims.exp * 1000,
    issuedAt: Math.max(0, Math.floor(claims.iat ?? 0)),
    ...(nickName !== undefined && { nickName }),
    ...(profileUrl !== undefined && { profileUrl }),
  }
}
