import type { JsonSchema } from '@chat/contract'
import { html, page } from './html.ts'
import type { openApi } from './openapi.ts'
import { typeText } from './type-text.ts'

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

export const entitiesHtml = (schemas: Record<string, JsonSchema>) =>
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
