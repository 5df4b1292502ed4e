import { worker } from './global-scope.ts'
import type { PageMessage, WindowState } from './protocol.ts'

/** A frozen tab does not answer. */
const TIMEOUT_MS = 500

type SignedInWindow = { client: WindowClient; state: WindowState }

/** The open tabs with a signed-in user, and their state concerning a room. */
export async function askWindows(roomId: string | null): Promise<SignedInWindow[]> {
  const clients = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const answers = clients.map(async (client) => ({
    client,
    state: await ask(client, { kind: 'askState', roomId }),
  }))
  return (await Promise.all(answers)).filter((window): window is SignedInWindow => window.state !== null)
}

function ask(client: WindowClient, question: PageMessage): Promise<WindowState | null> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    setTimeout(resolve, TIMEOUT_MS, null)
    port1.onmessage = ({ data }) => resolve(data as WindowState)
    client.postMessage(question, [port2])
  })
}
