import { type ConfigReader, readAuth, readEdge, readMongo, readProcess } from '@chat/service'

export type PlatformApiConfig = ReturnType<typeof readConfig>

export function readConfig(read: ConfigReader) {
  const config = {
    ...readProcess(read),
    ...readEdge(read),
    ...readMongo(read),
    platformPort: read.port('CHAT_PLATFORM_PORT', 3001),
    auth: readAuth(read),
    apiKeys: read.list('CHAT_API_KEYS', []),
    /** Webhooks may go into private networks, and there by http. */
    webhooksMayBePrivate: read.toggle('CHAT_WEBHOOK_ALLOW_PRIVATE', false),
  }
  if (!read.isDevelopment && config.apiKeys.length === 0)
    read.wrong('CHAT_API_KEYS', 'must be set: platforms cannot be authenticated without', null)
  return config
}
