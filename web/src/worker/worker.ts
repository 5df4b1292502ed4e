// The service worker: shows notifications while the page is hidden or closed, opens their rooms, and serves the page
// without a server.

import { worker } from './global-scope.ts'
import { openFromNotification, showNotification } from './notifications.ts'
import { deleteOldShells, respond, storeShell } from './page-cache.ts'
import type { NotificationContent } from './protocol.ts'
import { handlePush } from './push-events.ts'

worker.addEventListener('install', (event) => {
  event.waitUntil(storeShell().then(() => worker.skipWaiting()))
})
worker.addEventListener('activate', (event) => {
  event.waitUntil(deleteOldShells().then(() => worker.clients.claim()))
})
worker.addEventListener('fetch', (event) => {
  const response = respond(event.request)
  if (response) event.respondWith(response)
})
worker.addEventListener('push', (event) => event.waitUntil(handlePush(event)))
worker.addEventListener('message', (event) => {
  // A hidden tab asks for a notification.
  event.waitUntil(showNotification(event.data as NotificationContent))
})
worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(openFromNotification((event.notification.data ?? {}) as Partial<NotificationContent>))
})
