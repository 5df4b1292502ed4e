import { type Envelope, errors, operations } from '@chat/contract'
import { connectAs, type PlainClient, startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'

let stack: TestStack
let alice: PlainClient
let bob: PlainClient

beforeAll(async () => {
  stack = await startTestStack()
  alice = await connectAs(stack, 'alice')
  bob = await connectAs(stack, 'bob')
})
afterAll(async () => {
  alice?.close()
  bob?.close()
  await stack?.close()
})

type Shape = {
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Shape[]
  properties?: Record<string, Shape>
  required?: string[]
  items?: Shape
  bytes?: boolean
  minItems?: number
  minLength?: number
  maxLength?: number
}

/** The smallest value that a schema accepts. */
function sample(shape: Shape): unknown {
  if (shape.const !== undefined) return shape.const
  if (shape.enum) return shape.enum[0]
  if (shape.anyOf) return sample(shape.anyOf[0] as Shape)
  if (shape.properties) {
    const { properties, required = [] } = shape
    return Object.fromEntries(required.map((key) => [key, sample(properties[key] as Shape)]))
  }
  if (shape.bytes) return Buffer.from('x')
  if (shape.type === 'array')
    return Array.from({ length: shape.minItems ?? 0 }, () => sample(shape.items as Shape))
  if (shape.type === 'string') return 'x'.repeat(shape.minLength ?? 1)
  return { integer: 1, number: 1, boolean: true, object: {}, null: null }[shape.type ?? 'null']
}

const kinds: Record<string, unknown[]> = {
  string: ['', 'x'.repeat(1_000_001)],
  number: [5, -1, 1.5, 1e300],
  boolean: [true],
  array: [[], [[]], [null], ['x']],
  object: [{}, { in: { in: [] } }, { length: 1 }, { $gt: '' }],
}
const jsonType = (shape: Shape) => (shape.type === 'integer' ? 'number' : shape.type)
const typesOf = (shape: Shape) =>
  (shape.anyOf ?? [shape]).map((option) => jsonType(option) ?? typeof sample(option))

/** Values of every other JSON type, and strings and lists of the right type that are too long or have wrong items. */
function wrongFor(shape: Shape): unknown[] {
  const types = typesOf(shape)
  const others = Object.entries(kinds).flatMap(([kind, values]) => (types.includes(kind) ? [] : values))
  if (shape.maxLength) others.push('x'.repeat(shape.maxLength + 1))
  if (shape.type === 'integer') others.push(1.5, '1', -1)
  if (shape.items) others.push([{}], [[null]], [5])
  if (shape.enum || shape.const !== undefined) others.push('NO_SUCH_VALUE')
  return others
}

/** Inputs with one wrong field each, at any depth. */
function* wrongInputs(shape: Shape): Generator<[string, unknown]> {
  for (const wrong of wrongFor(shape)) yield ['the payload', wrong]
  const base = sample(shape) as Record<string, unknown>
  for (const [key, field] of Object.entries(shape.properties ?? {})) {
    for (const [where, wrong] of wrongInputs(field)) yield [`${key} in ${where}`, { ...base, [key]: wrong }]
    if (!shape.required?.includes(key)) continue
    yield [`${key} null`, { ...base, [key]: null }]
    const { [key]: _, ...without } = base
    yield [`${key} missing`, without]
  }
}

const clientOperations = Object.values(operations).flatMap((row) =>
  'event' in row ? [{ event: row.event as string, shape: row.input as Shape }] : [],
)
const fits = (input: unknown) => (JSON.stringify(input)?.length ?? 0) <= stack.config.limits.eventBytes * 8

describe.each(clientOperations)('$event', ({ event, shape }) => {
  test('input that violates the contract is INVALID_REQUEST', async () => {
    const inputs = [...wrongInputs(shape)].filter(([, input]) => fits(input))
    expect(inputs.length).toBeGreaterThan(5)
    const answers = await Promise.all(inputs.map(([, input]) => alice.ask(event, input)))
    const wrong = inputs.flatMap(([what], index) => {
      const { success, error, data } = answers[index] as Envelope<unknown>
      return success === false && error === 'INVALID_REQUEST' && data === null ? [] : [`${what}: ${error}`]
    })
    expect(wrong).toEqual([])
  })

  test('the valid sample passes', async () => {
    expect((await bob.ask(event, sample(shape))).error).not.toBe('INVALID_REQUEST')
  })

  test('null counts as absent in every optional field, and unknown fields are dropped', async () => {
    if (!shape.properties) return
    const optional = Object.keys(shape.properties).filter((key) => !shape.required?.includes(key))
    const nulls = Object.fromEntries(optional.map((key) => [key, null]))
    const unknown = JSON.parse(
      '{"__proto__":{"a":1},"constructor":1,"$where":"1","userId":"bob","caller":{}}',
    )
    const input = { ...(sample(shape) as object), ...nulls, ...unknown }
    expect((await bob.ask(event, input)).error).not.toBe('INVALID_REQUEST')
  })

  test('any JSON gets one answer with a code of the contract', async () => {
    const answer = async (input: unknown) => {
      const { success, error } = await alice.ask(event, input)
      if (!success) expect(Object.keys(errors)).toContain(error)
      expect(['INTERNAL', 'TIMEOUT', 'SERVICE_UNAVAILABLE']).not.toContain(error)
    }
    await fc.assert(fc.asyncProperty(fc.jsonValue({ depthSize: 'medium' }), answer), { numRuns: 40 })
    const fields = Object.keys(shape.properties ?? {})
    if (fields.length === 0) return
    const garbage = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue(), { maxKeys: fields.length })
    await fc.assert(fc.asyncProperty(garbage, answer), { numRuns: 40 })
  })
})
