import { type ConfigReader, readAuth, readEdge, readMongo, readProcess } from '@chat/service'

export type PlatformApiConfig = ReturnType<typeof readConfig>

export const readConfig = (read: ConfigReader) => ({
  ...readProcess(read),
  ...readEdge(read),
  platformPort: read.port('CHAT_PLATFORM_PORT', 3001),
  auth: readAuth(read),
  apiKeys: readApiKeys(read),
  ...readMongo(read),
  /** Webhooks may go into private networks, and there by http. */
  webhooksMayBePrivate: read.toggle('CHAT_WEBHOOK_ALLOW_PRIVATE', false),
})

function readApiKeys(read: ConfigReader): string[] {
  const keys = read.list('CHAT_API_KEYS', [])
  if (!read.isDevelopment && keys.length === 0)
    read.wrong('CHAT_API_KEYS', 'must be set: platforms cannot be authenticated without', null)
  return keys
}
