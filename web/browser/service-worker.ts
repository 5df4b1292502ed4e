import { eventually } from '@chat/testing'
import { expect } from '@jest/globals'
import type { BrowserContext, Page, Worker } from 'playwright-core'

// The page's service worker, as the browser's push service and its notifications see it.

type Scope = ServiceWorkerGlobalScope

/** The worker of a context, running. */
export async function workerOf(context: BrowserContext): Promise<Worker> {
  const [running] = context.serviceWorkers()
  const worker = running ?? (await context.waitForEvent('serviceworker'))
  const isActive = () =>
    worker.evaluate(() => (globalThis as unknown as Scope).registration.active?.state === 'activated')
  await eventually(async () => expect(await isActive()).toBe(true))
  return worker
}

/** What the browser shows. */
export const notificationsOf = (worker: Worker) =>
  worker.evaluate(async () => {
    const { registration } = globalThis as unknown as Scope
    return (await registration.getNotifications()).map(({ title, body, tag, data }) => ({
      ...{ title, body, tag },
      data: data as { roomId?: string; messageId?: string },
    }))
  })

/** A tap on a notification. New windows are not opened: without a hand the browser lets nobody. @returns their addresses */
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
    // Nor may a tab come to the front.
    await Promise.allSettled(work)
    return opened
  }, tag)

/** Gives the worker of a page's site what a push service would. Any page of the context will do. */
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
