import { initializeApp } from '@firebase/app'
import { getMessaging, getToken, isSupported } from '@firebase/messaging'
import type { PushSettings } from '../session/demo-api.ts'

/** This browser's FCM token; null if the browser does not support pushes. */
export async function fetchRegistration({ vapidKey, ...app }: PushSettings): Promise<string | null> {
  if (!(await isSupported())) return null
  const serviceWorkerRegistration = await navigator.serviceWorker.ready
  return getToken(getMessaging(initializeApp(app)), { vapidKey, serviceWorkerRegistration })
}
