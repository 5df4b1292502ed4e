import type { Caller } from '@chat/contract'
import type { Bus } from '@chat/service'

export type Option = {
  type: 'string' | 'boolean'
  /** What its value is called in the help. */
  value?: string
  summary: string
}

/** What an operator asked for. */
export type Asked = {
  bus: Bus
  caller: Caller
  ids: string[]
  values: Record<string, string | boolean | undefined>
  /** Tells what is going on while it takes long, beside the answer. */
  progress: (line: string) => void
}

/** `data` is what `--json` prints, `lines` what is shown otherwise. `hasFailed`: some of it could not be done. */
export type Answer = { data: unknown; lines: string[]; hasFailed?: boolean }

/** What of ids a command takes, and what is wrong with others. */
const problems = {
  none: (ids: string[], _isAll: boolean) => (ids.length > 0 ? `It takes no ids: ${ids.join(', ')}` : null),
  one: (ids: string[], _isAll: boolean) =>
    ids.length > 1 ? `One id at a time: ${ids.length} were given` : null,
  some: ({ length }: string[], isAll: boolean) => {
    const isNamed = length > 0
    return isNamed === isAll ? 'Name ids, or use --all, and not both' : null
  },
}

/** One row of the table of commands. */
export type Command = {
  usage: string
  takes: keyof typeof problems
  summary: string
  options?: Record<string, Option>
  run: (asked: Asked) => Promise<Answer>
}

/** Something is wrong with how the command was written. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** @throws UsageError */
export function requireIds({ takes }: Command, ids: string[], isAll: boolean) {
  const problem = problems[takes](ids, isAll)
  if (problem !== null) throw new UsageError(problem)
}

export const ALL: Option = { type: 'boolean', summary: 'instead of ids: all that there are' }
export const PAGING: Record<string, Option> = {
  limit: { type: 'string', value: 'n', summary: 'how many at most (100)' },
  cursor: { type: 'string', value: 'cursor', summary: 'where an earlier list stopped' },
}

/** @throws UsageError where it is no number above 0 */
export function limitOf({ values: { limit = '100' } }: Pick<Asked, 'values'>): number {
  if (!/^[1-9]\d{0,6}$/.test(String(limit))) throw new UsageError('--limit must be a number above 0')
  return Number(limit)
}

export const textOf = (value: string | boolean | undefined) => (typeof value === 'string' ? value : undefined)

type Page<T> = { list: T[]; nextCursor: string | null }

/** As many as are wanted, from as many pages as that takes. */
export async function gather<T>(
  ask: (page: { limit: number; cursor?: string }) => Promise<Page<T>>,
  { limit, cursor: from }: { limit: number; cursor?: string | undefined },
): Promise<Page<T>> {
  const list: T[] = []
  for (let cursor = from; ; ) {
    const page = await ask({ limit: Math.min(100, limit - list.length), ...(cursor && { cursor }) })
    list.push(...page.list)
    if (page.nextCursor === null || list.length >= limit) return { list, nextCursor: page.nextCursor }
    cursor = page.nextCursor
  }
}

export const moreOf = ({ nextCursor }: Page<unknown>) =>
  nextCursor === null ? [] : ['', `There are more: --cursor ${nextCursor}`]
