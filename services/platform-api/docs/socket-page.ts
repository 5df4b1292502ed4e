import type { asyncApi, JsonSchema } from '@chat/contract'
import { html, page } from './html.ts'
import { entitiesHtml } from './http-page.ts'
import { typeText } from './type-text.ts'

type Message = { name: string; payload: JsonSchema }
type Messages = [{ $ref: string }]
type Operation = { action: string; summary: string; messages: Messages; reply?: { messages: Messages } }

export function socketPage({ info, channels, operations, components }: ReturnType<typeof asyncApi>): string {
  const messages = channels.chat.messages as unknown as Record<string, Message>
  const messageOf = ([{ $ref }]: Messages) => messages[$ref.slice($ref.lastIndexOf('/') + 1)] as Message
  const section = ({ summary, reply, ...operation }: Operation) => {
    const { name, payload } = messageOf(operation.messages)
    const ack = reply ? html`<p>Ack</p><pre>${typeText(messageOf(reply.messages).payload)}</pre>` : ''
    return html`<section id="${name}"><h3><code>${name}</code></h3><p>${summary}</p><pre>${typeText(payload)}</pre>${ack}</section>`
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
