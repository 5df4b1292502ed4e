import { initializeApp } from '@firebase/app'
import { getMessaging, getToken, isSupported } from '@firebase/messaging'
import type { PushSettings } from '../session/account.ts'

/** What FCM knows this browser by; null where the browser cannot be pushed to. */
export async function fetchRegistration({ vapidKey, ...app }: PushSettings): Promise<string | null> {
  if (!(await isSupported())) return null
  const serviceWorkerRegistration = await navigator.serviceWorker.ready
  return getToken(getMessaging(initializeApp(app)), { vapidKey, serviceWorkerRegistration })
}
