import type { asyncApi, JsonSchema } from '@chat/contract'
import { html, page } from './html.ts'
import type { openApi } from './openapi.ts'

type Operation = {
  operationId: string
  tags: [string]
  summary: string
  parameters: { name: string; in: string; required?: boolean; schema: JsonSchema }[]
  requestBody?: Content
  responses: Record<string, Content & { description: string }>
}
type Content = { content: { 'application/json': { schema: JsonSchema } } }

export function httpPage({ info, paths, webhooks, components }: ReturnType<typeof openApi>): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as unknown as Record<string, Operation>).map(([method, operation]) => ({
      tag: operation.tags[0],
      section: operationHtml(method, path, operation),
    })),
  )
  const tags = [...Map.groupBy(operations, ({ tag }) => tag)].map(
    ([tag, some]) => html`<h2 id="${tag}">${tag}</h2>${some.map(({ section }) => section)}`,
  )
  const events = Object.entries(webhooks as unknown as Record<string, { post: Operation }>).map(eventHtml)
  const intro = `${info.description} The key goes into the header chat-api-key.`
  const eventsHtml = html`<h2 id="webhook-events">webhook events</h2>${events}`
  return page(info.title, intro, [...tags, eventsHtml, entitiesHtml(components.schemas)])
}

const bodyText = (content: Content) => typeText(content.content['application/json'].schema)

const eventHtml = ([type, { post }]: [string, { post: Operation }]) =>
  html`<h3><code>${type}</code></h3><p>${post.summary}</p><pre>${bodyText(post.requestBody as Content)}</pre>`

const entitiesHtml = (schemas: Record<string, JsonSchema>) =>
  html`<h2 id="entities">entities</h2>${Object.entries(schemas).map(
    ([name, schema]) => html`<h3>${name}</h3><pre>${typeText(schema)}</pre>`,
  )}`

function operationHtml(method: string, path: string, operation: Operation) {
  const { operationId, summary, parameters, requestBody, responses } = operation
  const query = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, required, schema }) => `${name}${required ? '' : '?'}: ${typeText(schema)}`)
  const queryHtml = query.length > 0 ? html`<p>Query</p><pre>${query.join('\n')}</pre>` : ''
  const bodyHtml = requestBody ? html`<p>Body</p><pre>${bodyText(requestBody)}</pre>` : ''
  const answers = Object.entries(responses).map(([status, response]) => {
    const text = status.startsWith('2') ? html`<pre>${bodyText(response)}</pre>` : response.description
    return html`<dt>${status}</dt><dd>${text}</dd>`
  })
  return html`<section id="${operationId}"><h3><span class="method">${method}</span> <code>${path}</code></h3>
<p>${summary}</p>${queryHtml}${bodyHtml}<dl>${answers}</dl></section>`
}

type Message = { name: string; payload: JsonSchema }
type Messages = [{ $ref: string }]
type SocketOperation = { action: string; summary: string; messages: Messages; reply?: { messages: Messages } }

export function socketPage({ info, channels, operations, components }: ReturnType<typeof asyncApi>): string {
  const messages = channels.chat.messages as unknown as Record<string, Message>
  const messageOf = ([{ $ref }]: Messages) => messages[$ref.slice($ref.lastIndexOf('/') + 1)] as Message
  const section = ({ summary, reply, ...operation }: SocketOperation) => {
    const { name, payload } = messageOf(operation.messages)
    const ack = reply ? html`<p>Ack</p><pre>${typeText(messageOf(reply.messages).payload)}</pre>` : ''
    return html`<section id="${name}"><h3><code>${name}</code></h3><p>${summary}</p><pre>${typeText(payload)}</pre>${ack}</section>`
  }
  const all = Object.values(operations) as unknown as SocketOperation[]
  const of = (action: string) => all.filter((operation) => operation.action === action).map(section)
  return page(info.title, info.description, [
    html`<h2 id="emit">what a client emits</h2>`,
    ...of('receive'),
    html`<h2 id="hear">what a client hears</h2>`,
    ...of('send'),
    entitiesHtml(components.schemas),
  ])
}

function typeText(schema: JsonSchema, depth = 0): string {
  const { $ref, anyOf, oneOf, type, items } = schema
  if (typeof $ref === 'string') return $ref.slice($ref.lastIndexOf('/') + 1)
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if ('const' in schema) return JSON.stringify(schema.const)
  const options = (anyOf ?? oneOf) as JsonSchema[] | undefined
  if (options) return options.map((option) => typeText(option, depth)).join(' | ')
  if (type === 'array') return `(${typeText((items ?? {}) as JsonSchema, depth)})[]`
  if (type === 'object' && schema.properties) return fieldsText(schema, depth)
  return String(type ?? 'any')
}

function fieldsText({ properties, required }: JsonSchema, depth: number): string {
  const indent = '  '.repeat(depth)
  const isRequired = (name: string) => ((required ?? []) as string[]).includes(name)
  const lines = Object.entries(properties as Record<string, JsonSchema>).map(
    ([name, schema]) => `${indent}  ${name}${isRequired(name) ? '' : '?'}: ${typeText(schema, depth + 1)}\n`,
  )
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`
}
