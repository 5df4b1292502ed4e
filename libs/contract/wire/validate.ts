import { Ajv } from 'ajv'
import type { Static, TSchema } from 'typebox'
import { type Input, type OperationName, operations } from '../operations/operations.ts'
import { Fault } from './errors.ts'

const FREE_FORM_BYTES = 4096
const FREE_FORM_DEPTH = 5

/** Keys that reach prototypes or MongoDB operators, or contain a zero byte, which BSON keys cannot hold. */
const isUnsafeKey = (key: string) => key === '__proto__' || key.startsWith('$') || key.includes('\0')

function isPlain(value: unknown, depth: number): boolean {
  if (value === null || typeof value !== 'object') return typeof value !== 'string' || value.isWellFormed()
  if (depth === 0) return false
  return Object.entries(value).every(
    ([key, item]) => !isUnsafeKey(key) && key.isWellFormed() && isPlain(item, depth - 1),
  )
}

const isFreeForm = (value: unknown) =>
  isPlain(value, FREE_FORM_DEPTH) && Buffer.byteLength(JSON.stringify(value)) <= FREE_FORM_BYTES

/** `Date.parse` takes February 30 for March 2. */
function isInCalendar(day: string): boolean {
  const time = Date.parse(day)
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(day)
}

// `unicode: false` counts lengths in UTF-16 units, as docs/protocol.md does.
const ajv = new Ajv({ unicode: false, strict: false, logger: false })
ajv.addFormat('well-formed', { type: 'string', validate: (text: string) => text.isWellFormed() })
ajv.addFormat('instant', {
  type: 'string',
  validate: (text: string) => isInCalendar(text.slice(0, 10)) && Number.isFinite(Date.parse(text)),
})
ajv.addKeyword({ keyword: 'bytes', validate: (_: boolean, value: unknown) => value instanceof Uint8Array })
ajv.addKeyword({ keyword: 'freeForm', validate: (_: boolean, value: unknown) => isFreeForm(value) })

type Shape = {
  type?: string
  properties?: Record<string, Shape>
  required?: string[]
  additionalProperties?: boolean
  items?: Shape
  anyOf?: Shape[]
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Copies what the schema knows: unknown fields are dropped, and null means absent in optional fields. Values of a wrong
 * shape are left for the validator to refuse.
 */
function pick(shape: Shape, value: unknown): unknown {
  if (shape.anyOf) {
    const branch = shape.anyOf.find((option) => (option.type === 'object') === isObject(value))
    return branch ? pick(branch, value) : value
  }
  if (shape.items && Array.isArray(value)) return value.map((item) => pick(shape.items as Shape, item))
  if (!shape.properties || !isObject(value)) return value
  return pickProperties(shape, shape.properties, value)
}

function pickProperties(shape: Shape, properties: Record<string, Shape>, value: Record<string, unknown>) {
  const picked: Record<string, unknown> = {}
  for (const key of Object.keys(properties)) {
    if (!Object.hasOwn(value, key) || value[key] === undefined) continue
    if (value[key] === null && !shape.required?.includes(key)) continue
    picked[key] = pick(properties[key] as Shape, value[key])
  }
  if (
    shape.additionalProperties === false &&
    Object.keys(value).some((key) => !Object.hasOwn(properties, key))
  ) {
    throw new Fault('INVALID_REQUEST', { message: 'An unknown key is not allowed here' })
  }
  return picked
}

/** @throws INVALID_REQUEST that names the first problem */
export const parseInput = <K extends OperationName>(name: K, value: unknown): Input<K> =>
  parse(operations[name].input, value) as Input<K>

/** @throws INVALID_REQUEST that names the first problem */
export function parse<S extends TSchema>(schema: S, value: unknown): Static<S> {
  const shape = schema as unknown as Shape
  const picked = pick(shape, shape.properties && (value === null || value === undefined) ? {} : value)
  const isValid = ajv.compile(schema)
  if (isValid(picked)) return picked as Static<S>
  const problem = isValid.errors?.[0]
  throw new Fault('INVALID_REQUEST', {
    message: `${problem?.instancePath || 'The payload'} ${problem?.message}`,
  })
}

/** What is wrong with an answer, or null. For tests and development: an answer is our own, so it is not checked in production. */
export function outputProblem(name: OperationName, value: unknown): string | null {
  const isValid = ajv.compile(operations[name].output)
  return isValid(value) ? null : `${name} answered ${ajv.errorsText(isValid.errors)}`
}
