import type { asyncApi, JsonSchema } from '@chat/contract'
import { type Html, html, page } from './html.ts'
import { entitiesHtml } from './http-page.ts'
import { typeText } from './type-text.ts'

type Operation = {
  action: string
  summary: string
  messages: { $ref: string }[]
  reply?: { messages: { $ref: string }[] }
}
type Message = { name: string; payload: JsonSchema }

/** The AsyncAPI document as a page. */
export function socketPage({ info, channels, operations, components }: ReturnType<typeof asyncApi>): string {
  const messages = channels.chat.messages as unknown as Record<string, Message>
  const messageOf = ({ $ref }: { $ref: string }) => messages[$ref.slice($ref.lastIndexOf('/') + 1)] as Message
  const section = ({ summary, messages: [first], reply }: Operation): Html => {
    const { name, payload } = messageOf(first as { $ref: string })
    const ack = reply?.messages[0]
    return html`<section id="${name}"><h3><code>${name}</code></h3><p>${summary}</p><pre>${typeText(payload)}</pre>${
      ack ? html`<p>Ack</p><pre>${typeText(messageOf(ack).payload)}</pre>` : ''
    }</section>`
  }
  const all = Object.values(operations) as unknown as Operation[]
  const of = (action: string) => all.filter((operation) => operation.action === action).map(section)
  return page(info.title, info.description, [
    html`<h2 id="emit">what a client emits</h2>`,
    ...of('receive'),
    html`<h2 id="hear">what a client hears</h2>`,
    ...of('send'),
    entitiesHtml(components.schemas),
  ])
}
