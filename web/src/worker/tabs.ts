import type { Standing, ToPage } from './protocol.ts'
import { worker } from './scope.ts'

/** A tab that sleeps does not answer. */
const PATIENCE_MS = 500

export type Tab = { client: WindowClient; standing: Standing }

/** The open tabs in which somebody is signed in, and what they have to do with a room. */
export async function tabsAbout(roomId: string | null): Promise<Tab[]> {
  const clients = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const answers = clients.map(async (client) => ({
    client,
    standing: await ask(client, { kind: 'about', roomId }),
  }))
  return (await Promise.all(answers)).filter((tab): tab is Tab => tab.standing !== null)
}

function ask(client: WindowClient, question: ToPage): Promise<Standing | null> {
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS, null)
    port1.onmessage = ({ data }) => resolve(data as Standing)
    client.postMessage(question, [port2])
  })
}
