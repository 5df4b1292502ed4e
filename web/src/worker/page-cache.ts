import { worker } from './scope.ts'

/** Put in by the build: what the page is made of, and a name for just that. */
declare const SHELL: { version: string; paths: string[] }

const PREFIX = 'chat-shell-'
const NAME = `${PREFIX}${SHELL.version}`
const PATIENCE_MS = 4_000

// Answers with what people have written are not among these: they are in no cache of the worker's.

export async function keep() {
  const cache = await caches.open(NAME)
  // The page itself has no hash in its name: it is fetched anew.
  await cache.addAll(SHELL.paths.map((path) => new Request(path, path === '/' ? { cache: 'reload' } : {})))
}

export async function dropOthers() {
  const names = await caches.keys()
  const old = names.filter((name) => name.startsWith(PREFIX) && name !== NAME)
  await Promise.all(old.map((name) => caches.delete(name)))
}

/** What is answered from here, where it is; null where it is the server's alone to answer. */
export function answer({ method, mode, url }: Request): Promise<Response> | null {
  const { origin, pathname } = new URL(url)
  if (method !== 'GET' || origin !== worker.location.origin) return null
  if (mode === 'navigate') return pathname === '/' ? page() : null
  return SHELL.paths.includes(pathname) ? kept(pathname).then((found) => found ?? fetch(url)) : null
}

/** As the server has it; without a server that answers in time, as it was last. */
async function page(): Promise<Response> {
  try {
    const fresh = await fetch('/', { signal: AbortSignal.timeout(PATIENCE_MS) })
    if (fresh.status < 500) return fresh
    return (await kept('/')) ?? fresh
  } catch (error) {
    const found = await kept('/')
    if (!found) throw error
    return found
  }
}

const kept = async (path: string) => (await caches.open(NAME)).match(path, { ignoreVary: true })
