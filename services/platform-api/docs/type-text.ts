import type { JsonSchema } from '@chat/contract'

export function typeText(schema: JsonSchema, depth = 0): string {
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
