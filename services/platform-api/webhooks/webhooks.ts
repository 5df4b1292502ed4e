import { Fault, type Webhook, type WebhookType } from '@chat/contract'
import { cursorAfter, decodeKey } from '@chat/service'
import { type Addresses, PrivateAddress, requirePublic } from './delivery/address-guard.ts'
import type { DeliveryStore } from './delivery/delivery-store.ts'
import { newSecret, type Secret } from './delivery/signature.ts'
import type { Times } from './times.ts'
import type { WebhookDoc, WebhookStore } from './webhook-store.ts'

const MOST = 100
const MOST_SECRETS = 5
const DEFAULT_LIMIT = 20

const healthy = { disabledBecause: null, failures: 0, failingSince: null }

export type Wish = { url: string; events?: WebhookType[]; description?: string }
export type Change = Partial<Wish> & { webhookId: string; enabled?: boolean }
export type Page = { limit?: number; cursor?: string }
type Parts = {
  webhooks: WebhookStore
  deliveries: DeliveryStore
  addresses: Addresses
  mayBePrivate: boolean
  times: Times
  /** Makes sure that nothing is missed from when it resolves on, which is the time that it answers. */
  begin: () => Promise<Date>
  /** One is there, or has something to be sent. */
  wake: () => void
}

/** Where a platform wants to be told what happens. */
export class Webhooks {
  private readonly parts: Parts
  constructor(parts: Parts) {
    this.parts = parts
  }

  /** What happens after the answer is told. The secret is shown here and never again. */
  async create({ url, events = [], description }: Wish): Promise<Webhook & { secret: string }> {
    const { webhooks, begin, wake } = this.parts
    const target = await this.target(url)
    if ((await webhooks.count()) >= MOST)
      throw new Fault('INVALID_REQUEST', { message: `There are ${MOST} webhooks already` })
    const hearsFrom = await begin()
    const secret = newSecret()
    const secrets: Secret[] = [{ secret, until: null }]
    const doc = await webhooks.insert({
      ...{ url: target, events, secrets, hearsFrom },
      description: description ?? null,
    })
    wake()
    return { ...present(doc), secret }
  }

  /** @throws WEBHOOK_NO_EXISTS */
  async get(webhookId: string): Promise<Webhook> {
    return present(found(await this.parts.webhooks.get(webhookId)))
  }

  async list({ limit = DEFAULT_LIMIT, cursor }: Page) {
    const most = Math.min(limit, MOST)
    const after = cursor === undefined ? '' : decodeKey(cursor)
    const docs = await this.parts.webhooks.list(after, most + 1)
    const list = docs.slice(0, most).map(present)
    return { list, nextCursor: cursorAfter(list, docs, ({ webhookId }) => webhookId) }
  }

  /** Of one that is enabled again what waits is sent. @throws WEBHOOK_NO_EXISTS */
  async update({ webhookId, url, enabled, ...fields }: Change): Promise<Webhook> {
    const { webhooks, begin, wake } = this.parts
    const target = url === undefined ? {} : { url: await this.target(url) }
    if (enabled) await webhooks.hearFrom(webhookId, await begin())
    const doc = await webhooks.change(webhookId, {
      ...{ ...fields, ...target },
      ...(enabled === false && { disabledBecause: 'PLATFORM' as const }),
      ...(enabled && { ...healthy, dueAt: new Date() }),
    })
    // Whoever was to be left alone is another one now, or is there again.
    if (enabled || url !== undefined) await webhooks.free(webhookId)
    if (enabled) wake()
    return present(found(doc))
  }

  /** @throws WEBHOOK_NO_EXISTS */
  async delete(webhookId: string): Promise<void> {
    const { webhooks, deliveries } = this.parts
    if (!(await webhooks.delete(webhookId))) throw new Fault('WEBHOOK_NO_EXISTS')
    await deliveries.deleteWebhook(webhookId)
  }

  /** Those that were good until now are good for a while beside it. @throws WEBHOOK_NO_EXISTS */
  async rotate(webhookId: string): Promise<{ secret: string }> {
    const { webhooks, times } = this.parts
    const secret = newSecret()
    for (;;) {
      const { secrets } = found(await webhooks.get(webhookId))
      const [now, end] = [new Date(), new Date(Date.now() + times.rotation)]
      const old = secrets
        .map(({ secret, until }) => ({ secret, until: until ?? end }))
        .filter(({ until }) => until > now)
      const all = [{ secret, until: null }, ...old].slice(0, MOST_SECRETS)
      // Of several at once each goes on from what the one before has left.
      if (await webhooks.rotate(webhookId, secrets[0]?.secret ?? '', all)) return { secret }
    }
  }

  /** @throws INVALID_REQUEST for what is no place to send people's words to */
  private async target(text: string): Promise<string> {
    const { addresses, mayBePrivate } = this.parts
    const url = URL.parse(text)
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && mayBePrivate)
    if (!url || !isSafe || url.username !== '' || url.password !== '') {
      throw new Fault('INVALID_REQUEST', { message: 'The url must be https, without credentials' })
    }
    await requirePublic(addresses, url).catch((error: unknown) => {
      if (!(error instanceof PrivateAddress)) throw error
      throw new Fault('INVALID_REQUEST', { message: 'The url leads into a private network' })
    })
    url.hash = ''
    return url.href
  }
}

/** @throws WEBHOOK_NO_EXISTS */
export function found<T>(doc: T | null): T {
  if (!doc) throw new Fault('WEBHOOK_NO_EXISTS')
  return doc
}

const present = (doc: WebhookDoc): Webhook => ({
  webhookId: doc._id,
  ...{ url: doc.url, events: doc.events, description: doc.description ?? null },
  ...{ enabled: !doc.disabledBecause, disabledBecause: doc.disabledBecause ?? null },
  failingSince: doc.failingSince?.toISOString() ?? null,
  createdAt: doc.createdAt.toISOString(),
  updatedAt: doc.updatedAt.toISOString(),
})
