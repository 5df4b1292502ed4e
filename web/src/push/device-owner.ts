import { signal } from '@preact/signals'
import type { SignedIn } from '../session/demo-api.ts'

/** The user this browser is registered for; all tabs share it. The last user to register gets the pushes. */
type DeviceOwner = { signedIn: SignedIn; token: string }

const KEY = 'chat:reached'

function read(): DeviceOwner | null {
  const json = localStorage.getItem(KEY)
  return json === null ? null : (JSON.parse(json) as DeviceOwner)
}

export const owner = signal<DeviceOwner | null>(read())

window.addEventListener('storage', ({ key }) => {
  if (key === KEY) owner.value = read()
})

export function setDeviceOwner(next: DeviceOwner | null) {
  if (next) localStorage.setItem(KEY, JSON.stringify(next))
  else localStorage.removeItem(KEY)
  owner.value = next
}
