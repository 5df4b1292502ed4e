// What remains of the page when its tab is closed, or its server is out of reach: it shows what is pushed and leads back
// to the room, and keeps what the page is made of.

import { lead, show } from './notices.ts'
import { answer, dropOthers, keep } from './page-cache.ts'
import type { Notice } from './protocol.ts'
import { take } from './push-events.ts'
import { worker } from './scope.ts'

worker.addEventListener('install', (event) => {
  event.waitUntil(keep().then(() => worker.skipWaiting()))
})
worker.addEventListener('activate', (event) => {
  event.waitUntil(dropOthers().then(() => worker.clients.claim()))
})
worker.addEventListener('fetch', (event) => {
  const answering = answer(event.request)
  if (answering) event.respondWith(answering)
})
worker.addEventListener('push', (event) => event.waitUntil(take(event)))
worker.addEventListener('message', (event) => {
  // An open tab lets it show what comes while nobody looks.
  event.waitUntil(show(event.data as Notice))
})
worker.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(lead((event.notification.data ?? {}) as Partial<Notice>))
})
