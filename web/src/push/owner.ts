import { signal } from '@preact/signals'
import type { SignedIn } from '../session/account.ts'

/** For whom this browser is registered: one of its tabs, and all of them know. The last to register has it. */
export type Owner = { signedIn: SignedIn; token: string }

const KEY = 'chat:reached'

function read(): Owner | null {
  const held = localStorage.getItem(KEY)
  return held === null ? null : (JSON.parse(held) as Owner)
}

export const owner = signal<Owner | null>(read())

window.addEventListener('storage', ({ key }) => {
  if (key === KEY) owner.value = read()
})

export function keepOwner(next: Owner | null) {
  if (next) localStorage.setItem(KEY, JSON.stringify(next))
  else localStorage.removeItem(KEY)
  owner.value = next
}
