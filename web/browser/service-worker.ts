import { eventually } from '@chat/testing'
import { expect } from '@jest/globals'
import type { BrowserContext, Page, Worker } from 'playwright-core'

// Drives the page's service worker: delivers pushes, reads and clicks notifications.

type Scope = ServiceWorkerGlobalScope

/** The active service worker of a context. */
export async function workerOf(context: BrowserContext): Promise<Worker> {
  const [running] = context.serviceWorkers()
  const worker = running ?? (await context.waitForEvent('serviceworker'))
  const isActive = () =>
    worker.evaluate(() => (globalThis as unknown as Scope).registration.active?.state === 'activated')
  await eventually(async () => expect(await isActive()).toBe(true))
  return worker
}

/** The notifications that are shown. */
export const notificationsOf = (worker: Worker) =>
  worker.evaluate(async () => {
    const { registration } = globalThis as unknown as Scope
    return (await registration.getNotifications()).map(({ title, body, tag, data }) => ({
      ...{ title, body, tag },
      data: data as { roomId?: string; messageId?: string },
    }))
  })

/** Clicks a notification. New windows are recorded, since browsers need a user gesture. @returns their addresses */
export const tap = (worker: Worker, tag: string) =>
  worker.evaluate(async (wanted) => {
    const scope = globalThis as unknown as Scope
    const opened: string[] = []
    scope.clients.openWindow = async (url) => {
      opened.push(String(url))
      return null
    }
    const [notification] = await scope.registration.getNotifications({ tag: wanted })
    if (!notification) throw new Error(`Nothing is shown for ${wanted}`)
    const event = new NotificationEvent('notificationclick', { notification })
    const work: Promise<unknown>[] = []
    event.waitUntil = (task: Promise<unknown>) => void work.push(task)
    scope.dispatchEvent(event)
    // Focusing a tab needs a user gesture, too.
    await Promise.allSettled(work)
    return opened
  }, tag)

/** Delivers a push to the worker of `origin`, through any page of the context. */
export async function deliver(page: Page, origin: string, payload: object) {
  const debug = await page.context().newCDPSession(page)
  const registered = new Promise<string>((resolve) =>
    debug.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find(({ scopeURL, isDeleted }) => scopeURL === `${origin}/` && !isDeleted)
      if (own) resolve(own.registrationId)
    }),
  )
  await debug.send('ServiceWorker.enable')
  const data = JSON.stringify(payload)
  await debug.send('ServiceWorker.deliverPushMessage', { origin, registrationId: await registered, data })
  await debug.detach()
}
