import { Fault } from '@chat/contract'
import { SignJWT } from 'jose'
import type { Auth } from './config/auth.ts'

const DEFAULT_EXPIRES_IN_S = 3_600
export const MAX_EXPIRES_IN_S = 10 * 365 * 24 * 3_600

/** Signs a client token. @param expiresIn seconds @throws FORBIDDEN where another party issues the tokens */
export async function mintToken(auth: Auth, userId: string, expiresIn = DEFAULT_EXPIRES_IN_S) {
  if (auth.secret === null) {
    throw new Fault('FORBIDDEN', {
      message: 'Tokens come from the issuer behind CHAT_JWKS_URL; CHAT_JWT_SECRET is not set',
    })
  }
  const expiresAt = Math.floor(Date.now() / 1000) + expiresIn
  const token = new SignJWT({ [auth.userClaim]: userId })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime(expiresAt)
  if (auth.issuer !== null) token.setIssuer(auth.issuer)
  if (auth.audience !== null) token.setAudience(auth.audience)
  return {
    token: await token.sign(new TextEncoder().encode(auth.secret)),
    expiresAt: new Date(expiresAt * 1000).toISOString(),
  }
}
