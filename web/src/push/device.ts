import type { OfflineChat } from '@chat/client'
import { computed, signal } from '@preact/signals'
import { fetchDemoSetup, type SignedIn } from '../session/demo-api.ts'
import { owner, setDeviceOwner } from './device-owner.ts'

type Pending = { state: 'none' | 'asking' | 'unconfigured' | 'unsupported' }
type Failed = { state: 'failed'; reason: string }
/** How far the registration for pushes has come. */
type Progress = Pending | Failed | { state: 'done' }
/** `taken`: another user of this browser has registered since. */
export type DeviceState = Pending | Failed | { state: 'reached' } | { state: 'taken'; by: string }

/** A sign-out waits no longer for the server. */
const TIMEOUT_MS = 2_000

/** This browser as a push device of the signed-in user. */
export class Device {
  private readonly chat: OfflineChat
  private readonly signedIn: SignedIn
  private readonly progress = signal<Progress>({ state: 'none' })

  constructor(chat: OfflineChat, signedIn: SignedIn) {
    this.chat = chat
    this.signedIn = signedIn
  }

  readonly state = computed<DeviceState>(() => {
    const progress = this.progress.value
    if (progress.state !== 'done') return progress
    return this.isMine
      ? { state: 'reached' }
      : { state: 'taken', by: owner.value?.signedIn.account.nickName ?? '' }
  })

  get isMine(): boolean {
    return owner.value?.signedIn.account._id === this.signedIn.account._id
  }

  /** Runs once, and again after a failure. Needs the browser's permission for notifications. */
  async register() {
    const { state } = this.progress.peek()
    if (state !== 'none' && state !== 'failed') return
    this.progress.value = { state: 'asking' }
    this.progress.value = await this.attempt().catch((error) => {
      // The page shows only a short reason.
      console.warn('not registered for pushes', error)
      return { state: 'failed' as const, reason: reasonOf(error) }
    })
  }

  private async attempt(): Promise<Progress> {
    const { push } = await fetchDemoSetup()
    if (!push) return { state: 'unconfigured' }
    // Not part of the first load: few users need it.
    const { fetchRegistration } = await import('./fcm.ts')
    const token = await fetchRegistration(push)
    if (token === null) return { state: 'unsupported' }
    await this.chat.ask('registerDevice', { token, platform: 'WEB' })
    setDeviceOwner({ signedIn: this.signedIn, token })
    return { state: 'done' }
  }

  /** Ends the user's pushes here. If the server cannot be reached, Firebase reports the token as gone at the next push. */
  async forget() {
    this.progress.value = { state: 'none' }
    if (!this.isMine || !owner.value) return
    const { token } = owner.value
    setDeviceOwner(null)
    await Promise.allSettled([
      this.chat.ask('unregisterDevice', { token, platform: 'WEB' }, { timeoutMs: TIMEOUT_MS }),
      unsubscribe(),
    ])
  }
}

async function unsubscribe() {
  const { pushManager } = await navigator.serviceWorker.ready
  await (await pushManager.getSubscription())?.unsubscribe()
}

/** Chat and Firebase errors have a string code; the browser's own have a number, so their name is shown. */
function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: string }
  return typeof code === 'string' ? code : String(name)
}
