import type { OfflineChat } from '@chat/client'
import { computed, signal } from '@preact/signals'
import { fetchReady, type SignedIn } from '../session/account.ts'
import { keepOwner, owner } from './owner.ts'

type Pending = { state: 'none' | 'asking' | 'unconfigured' | 'unsupported' }
type LoadError = { state: 'failed'; reason: string }
/** How far this browser is on its way to be reached while the page is closed. */
type Progress = Pending | LoadError | { state: 'done' }
/** Whether it is: `taken` by somebody else, who has turned it on here since. */
export type Reach = Pending | LoadError | { state: 'reached' } | { state: 'taken'; by: string }

/** Whoever signs out does not wait longer for a server that may be away. */
const PATIENCE_MS = 2_000

/** This browser as a device of whoever is signed in: it gets their pushes while the page is closed. */
export class Device {
  private readonly chat: OfflineChat
  private readonly signedIn: SignedIn
  private readonly progress = signal<Progress>({ state: 'none' })

  constructor(chat: OfflineChat, signedIn: SignedIn) {
    this.chat = chat
    this.signedIn = signedIn
  }

  readonly reach = computed<Reach>(() => {
    const progress = this.progress.value
    if (progress.state !== 'done') return progress
    return this.isMine
      ? { state: 'reached' }
      : { state: 'taken', by: owner.value?.signedIn.account.nickName ?? '' }
  })

  get isMine(): boolean {
    return owner.value?.signedIn.account._id === this.signedIn.account._id
  }

  /** Where notifications are allowed; once, unless it did not work. */
  async register() {
    const { state } = this.progress.peek()
    if (state !== 'none' && state !== 'failed') return
    this.progress.value = { state: 'asking' }
    this.progress.value = await this.attempt().catch((error) => {
      // For whoever sets it up: people are told the reason in a word.
      console.warn('not registered for pushes', error)
      return { state: 'failed' as const, reason: reasonOf(error) }
    })
  }

  private async attempt(): Promise<Progress> {
    const { push } = await fetchReady()
    if (!push) return { state: 'unconfigured' }
    // Few ever need it: it is no part of the first load.
    const { fetchRegistration } = await import('./fcm.ts')
    const token = await fetchRegistration(push)
    if (token === null) return { state: 'unsupported' }
    await this.chat.ask('registerDevice', { token, platform: 'WEB' })
    keepOwner({ signedIn: this.signedIn, token })
    return { state: 'done' }
  }

  /** No more pushes for who is signed in; what the server does not hear of, Firebase tells it at the next push. */
  async forget() {
    this.progress.value = { state: 'none' }
    if (!this.isMine || !owner.value) return
    const { token } = owner.value
    keepOwner(null)
    await Promise.allSettled([
      this.chat.ask('unregisterDevice', { token, platform: 'WEB' }, { timeoutMs: PATIENCE_MS }),
      unsubscribe(),
    ])
  }
}

async function unsubscribe() {
  const { pushManager } = await navigator.serviceWorker.ready
  await (await pushManager.getSubscription())?.unsubscribe()
}

/** Codes of the chat and of Firebase say more than names; the browser's own are numbers. */
function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: string }
  return typeof code === 'string' ? code : String(name)
}
