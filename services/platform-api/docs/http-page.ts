import type { JsonSchema } from '@chat/contract'
import { type Html, html, page } from './html.ts'
import type { openApi } from './openapi.ts'
import { typeText } from './type-text.ts'

type Operation = {
  operationId: string
  tags: string[]
  summary: string
  parameters: { name: string; in: string; required?: boolean; schema: JsonSchema }[]
  requestBody?: Content
  responses: Record<string, Content & { description: string }>
}
type Content = { content: { 'application/json': { schema: JsonSchema } } }

/** The platform API to read. */
export function httpPage({ info, paths, webhooks, components }: ReturnType<typeof openApi>): string {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as unknown as Record<string, Operation>).map(([method, operation]) => ({
      ...{ path, method, operation },
    })),
  )
  const byTag = Map.groupBy(all, ({ operation }) => operation.tags[0] ?? '')
  const sections = [...byTag].map(
    ([tag, some]) => html`<h2 id="${tag}">${tag}</h2>${some.map(operationHtml)}`,
  )
  const intro = `${info.description} The key goes into the header chat-api-key.`
  return page(info.title, intro, [...sections, webhooksHtml(webhooks), entitiesHtml(components.schemas)])
}

/** What is sent to webhooks. */
const webhooksHtml = (webhooks: ReturnType<typeof openApi>['webhooks']): Html =>
  html`<h2 id="webhook-events">webhook events</h2>${Object.entries(webhooks).map(([type, { post }]) => {
    const { summary, requestBody } = post as unknown as Operation & { requestBody: Content }
    const body = requestBody.content['application/json'].schema
    return html`<h3><code>${type}</code></h3><p>${summary}</p><pre>${typeText(body)}</pre>`
  })}`

/** The entities that both pages refer to. */
export const entitiesHtml = (schemas: Record<string, JsonSchema>): Html =>
  html`<h2 id="entities">entities</h2>${Object.entries(schemas).map(
    ([name, schema]) => html`<h3>${name}</h3><pre>${typeText(schema)}</pre>`,
  )}`

function operationHtml({
  path,
  method,
  operation,
}: {
  path: string
  method: string
  operation: Operation
}): Html {
  const query = operation.parameters.filter((parameter) => parameter.in === 'query')
  const body = operation.requestBody?.content['application/json'].schema
  const queryText = query.map(
    ({ name, required, schema }) => `${name}${required ? '' : '?'}: ${typeText(schema)}`,
  )
  return html`<section id="${operation.operationId}"><h3><span class="method">${method}</span> <code>${path}</code></h3>
<p>${operation.summary}</p>${query.length > 0 ? html`<p>Query</p><pre>${queryText.join('\n')}</pre>` : ''}${
    body ? html`<p>Body</p><pre>${typeText(body)}</pre>` : ''
  }<dl>${Object.entries(operation.responses).map(responseHtml)}</dl></section>`
}

const responseHtml = ([status, response]: [string, Operation['responses'][string]]): Html =>
  html`<dt>${status}</dt><dd>${
    status.startsWith('2')
      ? html`<pre>${typeText(response.content['application/json'].schema)}</pre>`
      : response.description
  }</dd>`
