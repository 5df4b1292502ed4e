import { SignJWT } from 'jose'

/** A client token; `exp` in an hour unless `claims` says otherwise. */
export const mintToken = (secret: string, claims: Record<string, unknown>) =>
  new SignJWT({ exp: Math.floor(Date.now() / 1000) + 3_600, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret))
