import * as contract from '@chat/contract'

// The contract as plain types, for apps that have neither this repository nor its schema library.

type Schema = {
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  bytes?: boolean
  freeForm?: boolean
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' &&
  value !== null &&
  ['type', 'anyOf', 'enum'].some((key) => Object.hasOwn(value, key))

/** What has a name in the contract keeps it. */
const names = new Map<unknown, string>(
  Object.entries(contract).flatMap(([name, value]) => (isSchema(value) ? [[value, name] as const] : [])),
)

const typeOf = (schema: Schema): string => names.get(schema) ?? shapeOf(schema)

function shapeOf(schema: Schema): string {
  if (schema.bytes) return 'Uint8Array'
  if (schema.freeForm) return 'Record<string, unknown>'
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ')
  if (schema.items) return `Array<${typeOf(schema.items)}>`
  if (schema.properties) return objectOf(schema)
  const { type = '' } = schema
  if (type === 'integer') return 'number'
  if (['string', 'boolean', 'number', 'null'].includes(type)) return type
  throw new Error(`There is no type for ${JSON.stringify(schema)}`)
}

function objectOf({ properties = {}, required = [] }: Schema): string {
  const fields = Object.entries(properties).map(
    ([name, field]) => `${name}${required.includes(name) ? '' : '?'}: ${typeOf(field)}`,
  )
  return `{ ${fields.join('; ')} }`
}

function operationsType(): string {
  const rows = contract.clientOperations.map((name) => {
    const { event, summary, input, output } = contract.rowOf(name)
    const types = `input: ${typeOf(input as Schema)}; output: ${typeOf(output as Schema)}`
    return `  /** ${summary} */\n  ${name}: { event: '${event}'; ${types} }`
  })
  return `export type Operations = {\n${rows.join('\n')}\n}`
}

const eventsType = (name: string, table: Record<string, { summary: string; payload: unknown }>) => {
  const rows = Object.entries(table).map(
    ([event, { summary, payload }]) => `  /** ${summary} */\n  ${event}: ${typeOf(payload as Schema)}`,
  )
  return `export type ${name} = {\n${rows.join('\n')}\n}`
}

export function contractTypes(): string {
  const entities = [...names].map(([schema, name]) => `export type ${name} = ${shapeOf(schema as Schema)}`)
  const codes = Object.entries(contract.errors).map(([code, { text }]) => `  /** ${text} */\n  | '${code}'`)
  return [
    ...entities,
    operationsType(),
    eventsType('ServerEvents', contract.serverEvents),
    eventsType('RoomServerEvents', contract.roomServerEvents),
    'export type ClientOperation = keyof Operations',
    "export type Input<K extends ClientOperation> = Operations[K]['input']",
    "export type Output<K extends ClientOperation> = Operations[K]['output']",
    `export type ErrorCode =\n${codes.join('\n')}`,
  ].join('\n\n')
}
