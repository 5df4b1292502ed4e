import type { ConfigReader } from './reader.ts'

/** Rates, sizes and times that `CHAT_LIMITS` may override; docs/configuration.md says what each means. */
export const defaultLimits = {
  textLength: 4000,
  eventBytes: 65_536,
  chunkBytes: 512_000,
  fileBytes: 104_857_600,
  messagesPerSecond: 5,
  messageBurst: 10,
  readsPerSecond: 3,
  readBurst: 30,
  eventsPerSecond: 20,
  eventBurst: 60,
  uploadsAtOnce: 4,
  socketsPerUser: 10,
  roomMembers: 1000,
  socketBacklogBytes: 1_048_576,
  uploadLinkSeconds: 300,
  downloadLinkSeconds: 60,
  requestTimeoutMs: 2000,
}
export type Limits = typeof defaultLimits

const NAME = 'CHAT_LIMITS'

export function readLimits(read: ConfigReader): Limits {
  const value = read.text(NAME)
  if (value === null) return { ...defaultLimits }
  const given = parseObject(value)
  if (!given)
    return read.wrong(NAME, 'must be a JSON object such as {"messagesPerSecond": 50}', { ...defaultLimits })
  for (const [key, limit] of Object.entries(given)) {
    if (!Object.hasOwn(defaultLimits, key)) read.wrong(NAME, `has an unknown key "${key}"`, null)
    else if (typeof limit !== 'number' || !Number.isFinite(limit) || limit <= 0)
      read.wrong(NAME, `"${key}" must be a number above 0`, null)
  }
  return { ...defaultLimits, ...(given as Partial<Limits>) }
}

function parseObject(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}
