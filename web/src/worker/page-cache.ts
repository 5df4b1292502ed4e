import { worker } from './global-scope.ts'

/** Inserted by the build: the page's files, and a hash of their contents. */
declare const SHELL: { version: string; paths: string[] }

const PREFIX = 'chat-shell-'
const NAME = `${PREFIX}${SHELL.version}`
const TIMEOUT_MS = 4_000

// The worker caches the page's own files only, never an answer with people's data.

export async function storeShell() {
  const cache = await caches.open(NAME)
  // The page itself has no hash in its name, so the HTTP cache is bypassed.
  await cache.addAll(SHELL.paths.map((path) => new Request(path, path === '/' ? { cache: 'reload' } : {})))
}

export async function deleteOldShells() {
  const names = await caches.keys()
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== NAME)
  await Promise.all(old.map((name) => caches.delete(name)))
}

/** Answers from the cache; null for requests that only the server answers. */
export function respond({ method, mode, url }: Request): Promise<Response> | null {
  const { origin, pathname } = new URL(url)
  if (method !== 'GET' || origin !== worker.location.origin) return null
  if (mode === 'navigate') return pathname === '/' ? fetchPage() : null
  return SHELL.paths.includes(pathname) ? cached(pathname).then((found) => found ?? fetch(url)) : null
}

/** The server's current page; the cached one if the server does not answer in time. */
async function fetchPage(): Promise<Response> {
  try {
    const fresh = await fetch('/', { signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (fresh.status < 500) return fresh
    return (await cached('/')) ?? fresh
  } catch (error) {
    const found = await cached('/')
    if (!found) throw error
    return found
  }
}

const cached = async (path: string) => (await caches.open(NAME)).match(path, { ignoreVary: true })
