import type { TestStack } from '@chat/testing'
import { openApi } from './docs/openapi.ts'
import { matchesPath } from './routes/route.ts'
import { routes } from './routes/routes.ts'

type Responses = Record<
  string,
  { content: { 'application/json': { schema: { properties?: { error?: Codes } } } } }
>
type Codes = { enum?: string[] }
export type Answer = { status: number; body: { success: boolean; error: string | null; data: never } }

const { paths } = openApi() as unknown as { paths: Record<string, Record<string, { responses: Responses }>> }
const templateOf = (path: string) =>
  routes.find((route) => matchesPath(route, path.split('?')[0] ?? ''))?.path ?? 'no path'

/** Calls the platform API. @throws Error for an answer that the OpenAPI document does not have */
export const documentedCalls = (stack: TestStack) => async (method: string, path: string, body?: unknown) => {
  const answer = (await stack.call(method, path, body)) as unknown as Answer
  const documented = paths[templateOf(path)]?.[method.toLowerCase()]?.responses[answer.status]
  const codes = documented?.content['application/json'].schema.properties?.error?.enum
  const isKnown = answer.body.error === null || codes?.includes(answer.body.error)
  if (!documented || !isKnown)
    throw new Error(
      `${method} ${path} answered ${answer.status} ${answer.body.error}, which is not documented`,
    )
  return answer
}
