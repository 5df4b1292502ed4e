import { Fault, type Webhook, type WebhookType } from '@chat/contract'
import { cursorAfter, decodeKey } from '@chat/service'
import { PrivateAddress, requirePublic } from './delivery/address-guard.ts'
import { newSecret } from './delivery/signature.ts'
import type { WebhookControl } from './parts.ts'
import { LONG_AGO, MAX_WEBHOOKS, type WebhookDoc } from './webhook-store.ts'

const MAX_SECRETS = 5
const DEFAULT_LIMIT = 20

export type Page = { limit?: number; cursor?: string }
type NewWebhook = { url: string; events?: WebhookType[]; description?: string | null }
type WebhookUpdate = Partial<NewWebhook> & { webhookId: string; enabled?: boolean }

/** The webhook receives what happens after the answer, which is the only one to show the secret. */
export async function createWebhook(
  parts: WebhookControl,
  { url, events = [], description = null }: NewWebhook,
) {
  const { webhooks, startConsumer, wake } = parts
  const target = await requireTarget(parts, url)
  if ((await webhooks.count()) >= MAX_WEBHOOKS)
    throw new Fault('INVALID_REQUEST', { message: `There are ${MAX_WEBHOOKS} webhooks already` })
  const hearsFrom = await startConsumer()
  const secret = newSecret()
  const secrets = [{ secret, until: null }]
  const doc = await webhooks.insert({ url: target, events, description, secrets, hearsFrom })
  wake()
  return { ...present(doc), secret }
}

/** @throws WEBHOOK_NO_EXISTS */
export const getWebhook = async ({ webhooks }: WebhookControl, webhookId: string) =>
  present(existing(await webhooks.get(webhookId)))

export async function listWebhooks({ webhooks }: WebhookControl, { limit = DEFAULT_LIMIT, cursor }: Page) {
  const size = Math.min(limit, MAX_WEBHOOKS)
  const docs = await webhooks.list(cursor === undefined ? '' : decodeKey(cursor), size + 1)
  const list = docs.slice(0, size).map(present)
  return { list, nextCursor: cursorAfter(list, docs, ({ webhookId }) => webhookId) }
}

/** Enabling a webhook sends its waiting deliveries. @throws WEBHOOK_NO_EXISTS */
export async function updateWebhook(
  parts: WebhookControl,
  { webhookId, url, enabled, ...fields }: WebhookUpdate,
): Promise<Webhook> {
  const { webhooks, startConsumer, wake } = parts
  const target = url === undefined ? {} : { url: await requireTarget(parts, url) }
  if (enabled) await webhooks.hearFrom(webhookId, await startConsumer())
  const doc = await webhooks.update(webhookId, {
    ...fields,
    ...target,
    // A pause was for the endpoint as it was before.
    ...((enabled || url !== undefined) && { freeAt: LONG_AGO }),
    ...(enabled === false && { disabledBecause: 'PLATFORM' as const }),
    ...(enabled && { disabledBecause: null, failures: 0, failingSince: null }),
  })
  if (enabled) await webhooks.makeDue([webhookId])
  if (enabled) wake()
  return present(existing(doc))
}

/** @throws WEBHOOK_NO_EXISTS */
export async function deleteWebhook({ webhooks, deliveries }: WebhookControl, webhookId: string) {
  if (!(await webhooks.delete(webhookId))) throw new Fault('WEBHOOK_NO_EXISTS')
  await deliveries.deleteWebhook(webhookId)
  return { result: true }
}

/** The previous secrets sign beside the new one for `times.rotation`. @throws WEBHOOK_NO_EXISTS */
export async function rotateSecret({ webhooks, times }: WebhookControl, webhookId: string) {
  const secret = newSecret()
  for (;;) {
    const { secrets } = existing(await webhooks.get(webhookId))
    const [now, end] = [new Date(), new Date(Date.now() + times.rotation)]
    const previous = secrets
      .map(({ secret, until }) => ({ secret, until: until ?? end }))
      .filter(({ until }) => until > now)
    const all = [{ secret, until: null }, ...previous].slice(0, MAX_SECRETS)
    // Of concurrent rotations one is written; the others start again from what it wrote.
    if (await webhooks.rotate(webhookId, secrets[0]?.secret ?? '', all)) return { secret }
  }
}

/** @throws INVALID_REQUEST for a URL that is not safe to send messages to */
async function requireTarget({ addresses }: WebhookControl, text: string): Promise<string> {
  const url = URL.parse(text)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && addresses.mayBePrivate)
  if (!url || !isSafe || url.username !== '' || url.password !== '')
    throw new Fault('INVALID_REQUEST', { message: 'The url must be https, without credentials' })
  await requirePublic(addresses, url).catch((error: unknown) => {
    if (!(error instanceof PrivateAddress)) throw error
    throw new Fault('INVALID_REQUEST', { message: 'The url leads into a private network' })
  })
  url.hash = ''
  return url.href
}

/** @throws WEBHOOK_NO_EXISTS */
export function existing<T>(doc: T | null): T {
  if (!doc) throw new Fault('WEBHOOK_NO_EXISTS')
  return doc
}

const present = (doc: WebhookDoc): Webhook => ({
  webhookId: doc._id,
  url: doc.url,
  events: doc.events,
  description: doc.description,
  enabled: !doc.disabledBecause,
  disabledBecause: doc.disabledBecause,
  failingSince: doc.failingSince?.toISOString() ?? null,
  createdAt: doc.createdAt.toISOString(),
  updatedAt: doc.updatedAt.toISOString(),
})
