import { createHmac, randomBytes } from 'node:crypto'

const PREFIX = 'whsec_'
const SECRET_BYTES = 32

export type Secret = { secret: string /** Null for the one that is not replaced. */; until: Date | null }

export const newSecret = () => `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`

/** As Standard Webhooks has it, with one signature for each secret: https://www.standardwebhooks.com */
export function signedHeaders(id: string, body: string, secrets: Secret[], now = new Date()) {
  const timestamp = String(Math.floor(now.getTime() / 1000))
  const good = secrets.filter(({ until }) => until === null || until > now)
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': good
      .map(({ secret }) => `v1,${signature(secret, `${id}.${timestamp}.${body}`)}`)
      .join(' '),
  }
}

const signature = (secret: string, content: string) =>
  createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64'))
    .update(content)
    .digest('base64')
