import type { JsonSchema } from '@chat/contract'

const INDENT = '  '
const object = (value: unknown) => (value ?? {}) as Record<string, JsonSchema>

/** A JSON schema in the notation of TypeScript. */
export function typeText(schema: JsonSchema, depth = 0): string {
  const { $ref, anyOf, oneOf, type, items } = schema
  if (typeof $ref === 'string') return $ref.slice($ref.lastIndexOf('/') + 1)
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if ('const' in schema) return JSON.stringify(schema.const)
  const options = (anyOf ?? oneOf) as JsonSchema[] | undefined
  if (options) return options.map((option) => typeText(option, depth)).join(' | ')
  if (type === 'array') return `(${typeText(object({ items }).items ?? {}, depth)})[]`
  if (type === 'object' && schema.properties) return fieldsText(schema, depth)
  return String(type ?? 'any')
}

function fieldsText({ properties, required }: JsonSchema, depth: number): string {
  const inner = INDENT.repeat(depth + 1)
  const isRequired = (name: string) => ((required ?? []) as string[]).includes(name)
  const lines = Object.entries(object(properties)).map(
    ([name, schema]) => `${inner}${name}${isRequired(name) ? '' : '?'}: ${typeText(schema, depth + 1)}`,
  )
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${INDENT.repeat(depth)}}`
}
