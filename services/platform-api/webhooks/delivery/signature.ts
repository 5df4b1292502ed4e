import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'

const SECRET_BYTES = 32

/** `until` is null for the current secret. A replaced one signs until then. */
export type Secret = { secret: string; until: Date | null }

export const newSecret = () => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`

/** The headers of Standard Webhooks, with one signature per valid secret: https://www.standardwebhooks.com */
export function signedHeaders(id: string, body: string, secrets: Secret[], now = new Date()) {
  const valid = secrets.filter(({ until }) => until === null || until > now)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': valid.map(({ secret }) => new Webhook(secret).sign(id, now, body)).join(' '),
  }
}
