import { Fault } from '@chat/contract'
import type { Auth } from '@chat/service'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'

/** The user of a token. */
export type Identity = {
  userId: string
  profile: { nickName?: string; profileUrl?: string }
  /** In milliseconds since the epoch. */
  expiresAt: number
  /** In seconds since the epoch, as in tokens. 0 where the token has none: then every revocation applies to it. */
  issuedAt: number
}
export type Authenticate = (token: unknown) => Promise<Identity>

/** Key sets allow only these: with a shared-secret algorithm anybody could sign with a public key (RFC 8725, 2.1). */
const ASYMMETRIC = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ')

/** Verifies client tokens. It throws TOKEN_EXPIRED, TOKEN_INVALID, or SERVICE_UNAVAILABLE without the key set. */
export function createAuthenticate({ secret, jwksUrl, issuer, audience, userClaim }: Auth): Authenticate {
  const shared = secret === null ? null : new TextEncoder().encode(secret)
  const keys = jwksUrl === null ? null : createRemoteJWKSet(new URL(jwksUrl))
  const options = {
    algorithms: [...(shared ? ['HS256'] : []), ...(keys ? ASYMMETRIC : [])],
    requiredClaims: ['exp', userClaim],
    ...(issuer !== null && { issuer }),
    ...(audience !== null && { audience }),
  }
  const keyFor: JWTVerifyGetKey = async (header, token) => {
    const key = header.alg === 'HS256' ? shared : await keys?.(header, token)
    if (!key) throw new Fault('TOKEN_INVALID')
    return key
  }
  return async (token) => {
    if (typeof token !== 'string') throw new Fault('TOKEN_INVALID')
    try {
      return identityOf((await jwtVerify(token, keyFor, options)).payload, userClaim)
    } catch (error) {
      throw faultOf(error)
    }
  }
}

/** jose's errors that are not about the token: the key set did not arrive, or is not a key set. */
const KEY_SET_FAILURES = ['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC']

function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error
  if (error instanceof errors.JWTExpired) return new Fault('TOKEN_EXPIRED')
  return new Fault(isAboutToken(error) ? 'TOKEN_INVALID' : 'SERVICE_UNAVAILABLE')
}

function isAboutToken(error: unknown): boolean {
  if (error instanceof errors.JOSEError) return !KEY_SET_FAILURES.includes(error.code)
  // fetch() reports an unreachable host as a TypeError with a cause; for a malformed token it has none.
  return error instanceof TypeError && error.cause === undefined
}

/** Without control characters and lone surrogates. */
const isUserId = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 128 && /^[^\p{Cc}\p{Cs}]+$/u.test(value)

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
    profile: { ...(nickName !== undefined && { nickName }), ...(profileUrl !== undefined && { profileUrl }) },
  }
}
