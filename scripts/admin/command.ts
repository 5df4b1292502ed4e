import type { Caller } from '@chat/contract'
import type { Bus } from '@chat/service'

export type Option = {
  type: 'string' | 'boolean'
  /** The name of its value in the help. */
  value?: string
  summary: string
}

/** A command as an operator wrote it. */
export type Asked = {
  bus: Bus
  caller: Caller
  ids: string[]
  values: Record<string, string | boolean | undefined>
  /** Prints to stderr while a command takes long. */
  progress: (line: string) => void
}

/** `--json` prints `data`, otherwise `lines` are printed. `hasFailed`: some of the work failed. */
export type Answer = { data: unknown; lines: string[]; hasFailed?: boolean }

/** How many ids a command takes, and what is wrong with the given ones. */
const problems = {
  none: (ids: string[]) => (ids.length > 0 ? `It takes no ids: ${ids.join(', ')}` : null),
  one: (ids: string[]) => (ids.length > 1 ? `One id at a time: ${ids.length} were given` : null),
  some: (ids: string[], isAll: boolean) =>
    ids.length > 0 === isAll ? 'Name ids, or use --all, and not both' : null,
}

export type Command = {
  usage: string
  takes: keyof typeof problems
  summary: string
  options?: Record<string, Option>
  run: (asked: Asked) => Promise<Answer>
}

/** The command line is wrong. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** @throws UsageError */
export function requireIds({ takes }: Command, ids: string[], isAll: boolean) {
  const problem = problems[takes](ids, isAll)
  if (problem !== null) throw new UsageError(problem)
}

export const ALL: Option = { type: 'boolean', summary: 'instead of ids: all of them' }
export const PAGING: Record<string, Option> = {
  limit: { type: 'string', value: 'n', summary: 'the most to list (100)' },
  cursor: { type: 'string', value: 'cursor', summary: 'where an earlier list ended' },
}

/** @throws UsageError unless it is a number above 0 */
export function limitOf({ values: { limit = '100' } }: Pick<Asked, 'values'>): number {
  if (!/^[1-9]\d{0,6}$/.test(String(limit))) throw new UsageError('--limit must be a number above 0')
  return Number(limit)
}

export const textOf = (value: Asked['values'][string]) => (typeof value === 'string' ? value : undefined)

type Page<T> = { list: T[]; nextCursor: string | null }

/** Reads pages until it has `limit` items. */
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
