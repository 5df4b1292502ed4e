import type { ConfigReader } from './reader.ts'

export type Auth = {
  secret: string | null
  jwksUrl: string | null
  issuer: string | null
  audience: string | null
  userClaim: string
}

/** RFC 7518, 3.2: an HS256 key is at least as long as the hash. */
const MIN_SECRET_BYTES = 32

export function readAuth(read: ConfigReader): Auth {
  const auth = {
    secret: read.text('CHAT_JWT_SECRET'),
    jwksUrl: read.url('CHAT_JWKS_URL', ['https', 'http']),
    issuer: read.text('CHAT_JWT_ISSUER'),
    audience: read.text('CHAT_JWT_AUDIENCE'),
    userClaim: read.text('CHAT_JWT_USER_CLAIM') ?? 'sub',
  }
  if (!read.isDevelopment && !auth.secret && !auth.jwksUrl)
    read.wrong(
      'CHAT_JWT_SECRET',
      'or CHAT_JWKS_URL must be set: clients cannot be authenticated without',
      null,
    )
  if (auth.secret !== null && Buffer.byteLength(auth.secret) < MIN_SECRET_BYTES)
    read.wrong('CHAT_JWT_SECRET', `must be at least ${MIN_SECRET_BYTES} bytes long`, null)
  return auth
}
