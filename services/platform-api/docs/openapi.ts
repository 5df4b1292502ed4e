import {
  documented,
  documentedEntities,
  EDGE_CODES,
  errors,
  failureOf,
  type JsonSchema,
  type WebhookType,
  webhookKinds,
  webhookTypes,
} from '@chat/contract'
import { statusOf } from '../http/answer.ts'
import { describeRoute, hasBody, inputShape, otherFields, pathFields, type Route } from '../routes/route.ts'
import { routes } from '../routes/routes.ts'

const header = (description: string, type: string) => ({ description, schema: { type } })
const HEADERS = { 'x-request-id': header('Finds the request in the logs', 'string') }
const ALLOW = { allow: header('The methods that the path has', 'string') }
const RETRY = { 'retry-after': header('Seconds to wait', 'integer') }
const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Sent again with the same key within a day, the request is answered alike and carried out once',
  schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
}

export const openApi = () => ({
  openapi: '3.1.0',
  info: {
    title: 'Chat: the platform API',
    version: '1.0.0',
    description: 'For the back ends of those who own the rooms. Every answer of /v1 is an envelope.',
  },
  servers: [{ url: '/' }],
  security: [{ key: [] }],
  paths: Object.fromEntries(routes.map(({ path }) => [path, methodsOf(path)])),
  webhooks: Object.fromEntries(webhookTypes.map((type) => [type, { post: webhookOf(type) }])),
  components: {
    schemas: documentedEntities(),
    securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'chat-api-key' } },
  },
})

const WEBHOOK_HEADERS = {
  'webhook-id': 'The same for an event however often it comes',
  'webhook-timestamp': 'When it was sent, in seconds since the epoch',
  'webhook-signature': 'One or more of v1,<base64>, with spaces between them',
}

function webhookOf(type: WebhookType): JsonSchema {
  const { summary, data } = webhookKinds[type]
  const properties = { type: { const: type }, timestamp: { type: 'string' }, data: documented(data) }
  const schema = { type: 'object', required: Object.keys(properties), properties }
  return {
    operationId: type,
    tags: ['webhooks'],
    summary,
    security: [],
    parameters: Object.entries(WEBHOOK_HEADERS).map(([name, description]) => ({
      name,
      in: 'header',
      required: true,
      ...header(description, 'string'),
    })),
    requestBody: { required: true, content: { 'application/json': { schema } } },
    responses: { '2XX': { description: 'Received' } },
  }
}

const methodsOf = (path: string) =>
  Object.fromEntries(routes.filter((row) => row.path === path).map((row) => [row.method, operationOf(row)]))

function operationOf(route: Route): JsonSchema {
  const { name, summary } = describeRoute(route)
  return {
    operationId: name,
    tags: [route.tag],
    summary,
    parameters: parametersOf(route),
    ...(hasBody(route) && otherFields(route).length > 0 && { requestBody: bodyOf(route) }),
    responses: responsesOf(route),
  }
}

const schemaOf = (route: Route, field: string) => documented(inputShape(route).properties?.[field] as never)
const isRequired = (route: Route, field: string) =>
  (inputShape(route).required ?? []).includes(field) && !(route.makesSyncKey && field === 'syncKey')

function parametersOf(route: Route): JsonSchema[] {
  const parameter = (place: string, name: string) => {
    const required = place === 'path' || isRequired(route, name)
    return { name, in: place, required, schema: schemaOf(route, name) }
  }
  const path = pathFields(route).map((name) => parameter('path', name))
  const query = hasBody(route) ? [] : otherFields(route).map((name) => parameter('query', name))
  return [...path, ...query, ...(route.method === 'post' ? [IDEMPOTENCY_KEY] : [])]
}

function bodyOf(route: Route): JsonSchema {
  const fields = otherFields(route)
  const required = fields.filter((field) => isRequired(route, field))
  const properties = Object.fromEntries(fields.map((field) => [field, schemaOf(route, field)]))
  const schema = { type: 'object', properties, ...(required.length > 0 && { required }) }
  return { required: required.length > 0, content: { 'application/json': { schema } } }
}

function responsesOf(route: Route): JsonSchema {
  const { output, errors: codes } = describeRoute(route)
  const data = documented(output)
  const properties = { success: { const: true }, error: { type: 'null' }, data }
  const envelope = { type: 'object', required: Object.keys(properties), properties }
  const success = { [route.status ?? 200]: answer('Done', route.isOriginal ? data : envelope) }
  const byStatus = Map.groupBy(new Set([...codes, 'UNAUTHORIZED' as const, ...EDGE_CODES]), (code) =>
    statusOf(code, route.isOriginal === true),
  )
  const failures = [...byStatus].map(([status, some]) => {
    const text = some.map((code) => `${code}: ${errors[code].text}`).join('. ')
    return [status, answer(text, failureOf(some), status === 429 ? RETRY : {})]
  })
  // To the methods that the path does not have.
  const refused = answer('There is no such method', failureOf(['INVALID_REQUEST']), ALLOW)
  return { ...success, ...Object.fromEntries(failures), 405: refused }
}

const answer = (description: string, schema: JsonSchema, headers = {}): JsonSchema => ({
  description,
  headers: { ...HEADERS, ...headers },
  content: { 'application/json': { schema } },
})
