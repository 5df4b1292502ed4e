import asyncApiSpecs from '@asyncapi/specs'
import { asyncApi, type OperationName, operations, rowOf } from '@chat/contract'
import { startTestStack, type TestStack } from '@chat/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { describeRoute } from '../routes/route.ts'
import { routes } from '../routes/routes.ts'
import { openApi } from './openapi.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await startTestStack()
})
afterAll(() => stack?.close())

const read = async (path: string) => fetch(`${stack.platformUrl}${path}`)

test('openapi.json is a valid OpenAPI 3.1 document of every route', async () => {
  const served = (await (await read('/openapi.json')).json()) as ReturnType<typeof openApi>
  const verdict = await new Validator().validate(structuredClone(served))
  expect(verdict).toMatchObject({ valid: true })
  const documented = Object.entries(served.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method} ${path}`),
  )
  expect(documented.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
  const ids = routes.map((route) => describeRoute(route).name)
  expect(new Set(ids).size).toBe(ids.length)
  expect(served).toEqual(JSON.parse(JSON.stringify(openApi())))
})

test('asyncapi.json is a valid AsyncAPI 3 document of every event', async () => {
  const served = await (await read('/asyncapi.json')).json()
  const schema = (asyncApiSpecs as unknown as { schemas: Record<string, object> }).schemas['3.0.0'] as object
  // The schema contains its own meta schema.
  const ajv = new Ajv({
    meta: false,
    validateSchema: false,
    strict: false,
    validateFormats: false,
    logger: false,
  })
  const isValid = ajv.compile(schema)
  expect(isValid(served) ? [] : isValid.errors).toEqual([])
  expect(served).toEqual(JSON.parse(JSON.stringify(asyncApi('/chat'))))
  const events = (Object.keys(operations) as OperationName[]).flatMap((name) => rowOf(name).event ?? [])
  const { operations: documented } = served as { operations: Record<string, { action: string }> }
  const received = Object.entries(documented).filter(([, { action }]) => action === 'receive')
  expect(received.map(([event]) => event).sort()).toEqual(events.sort())
})

test('every reference resolves', () => {
  for (const document of [openApi(), asyncApi()] as object[]) {
    const text = JSON.stringify(document)
    for (const [, pointer] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = (pointer as string)
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document)
      expect([pointer, found]).toEqual([pointer, expect.anything()])
    }
  }
})

test.each(['/docs', '/docs/socket', '/docs/style.css', '/openapi.json', '/asyncapi.json'])(
  '%s needs no key, has no scripts and loads nothing from other origins',
  async (path) => {
    const answer = await read(path)
    expect(answer.status).toBe(200)
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    const text = await answer.text()
    expect(text).not.toMatch(/<script|<style|style="|\son\w+="|src="|href="(?!\/)/)
  },
)

test('the pages show every route and every event', async () => {
  const http = await (await read('/docs')).text()
  for (const { path } of routes) expect(http).toContain(`<code>${path}</code>`)
  const socket = await (await read('/docs/socket')).text()
  for (const { name } of Object.values(asyncApi().channels.chat.messages) as { name: string }[])
    if (!name.endsWith('.ack')) expect(socket).toContain(`<code>${name}</code>`)
})

test('every answer has a request id, and 405 lists the methods of the path', async () => {
  const answer = await stack.call('GET', '/v1/users/nobody')
  expect(answer.headers.get('x-request-id')).toBe((answer.body as { requestId: string }).requestId)
  const wrong = await stack.call('PUT', '/v1/rooms/x')
  expect(wrong).toMatchObject({ status: 405, body: { success: false, error: 'INVALID_REQUEST' } })
  expect(wrong.headers.get('allow')).toBe('GET, PATCH, DELETE')
})
