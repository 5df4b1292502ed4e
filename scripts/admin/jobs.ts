import { Fault, type Output } from '@chat/contract'
import { jobKinds } from '@chat/contract/permissions'
import { ALL, type Answer, type Asked, type Command, type Option, textOf, UsageError } from './command.ts'
import { fields, table } from './table.ts'

type DeadLetter = Output<'listDeadLetters'>['list'][number] & { kind: string }
const PAGE = 500
const KIND: Record<string, Option> = {
  kind: { type: 'string', value: 'kind', summary: `only this kind: ${jobKinds.join(', ')}` },
}

/** @throws UsageError where the kind does not exist */
function kindsOf({ values }: Asked): string[] {
  const kind = textOf(values.kind)
  if (kind === undefined) return jobKinds
  if (!jobKinds.includes(kind)) throw new UsageError(`--kind must be one of ${jobKinds.join(', ')}`)
  return [kind]
}

/** Null if the service that owns the kind does not run. */
async function countsOf({ bus, caller }: Asked, kind: string): Promise<Output<'countJobs'> | null> {
  try {
    return await bus.askJobs(kind, 'countJobs', caller, {})
  } catch (error) {
    if (error instanceof Fault && error.code === 'SERVICE_UNAVAILABLE') return null
    throw error
  }
}

export const jobs: Command = {
  usage: '',
  takes: 'none',
  summary: 'How many jobs of each kind wait and run, and how many are dead letters',
  options: KIND,
  run: async (asked) => {
    const kinds = kindsOf(asked)
    const counts = await Promise.all(kinds.map((kind) => countsOf(asked, kind)))
    const list = kinds.map((kind, index) => ({ kind, ...counts[index] }))
    const rows = list.map(({ kind, waiting, running, dead }) => [kind, waiting, running, dead])
    return { data: { list }, lines: table(['jobs', 'waiting', 'running', 'dead'], rows) }
  },
}

async function* pages({ bus, caller }: Asked, kind: string): AsyncGenerator<DeadLetter[]> {
  for (let after: string | undefined; ; ) {
    const input = { limit: PAGE, ...(after !== undefined && { after }) }
    const { list, nextAfter } = await bus.askJobs(kind, 'listDeadLetters', caller, input)
    yield list.map((each) => ({ kind, ...each }))
    if (nextAfter === null) return
    after = nextAfter
  }
}

async function many(asked: Asked): Promise<Answer> {
  const list: DeadLetter[] = []
  for (const kind of kindsOf(asked)) for await (const page of pages(asked, kind)) list.push(...page)
  const rows = list.map(({ kind, id, deadAt, tries, reason }) => [kind, id, deadAt, tries, reason])
  return { data: { list }, lines: table(['kind', 'dead letter', 'since', 'tries', 'reason'], rows) }
}

const shown = (value: unknown) => (Array.isArray(value) ? value.join(', ') : String(value ?? ''))

async function one(asked: Asked, id: string): Promise<Answer> {
  for (const kind of kindsOf(asked)) {
    const { deadLetter } = await asked.bus.askJobs(kind, 'getDeadLetter', asked.caller, id)
    if (!deadLetter) continue
    const { deadAt, tries, reason, details } = deadLetter
    const lines = fields([
      ['kind', kind],
      ['dead letter', id],
      ...Object.entries(details).map(([name, value]): [string, string] => [name, shown(value)]),
      ['since', deadAt],
      ['tries', tries],
      ['reason', reason],
    ])
    return { data: { kind, ...deadLetter }, lines }
  }
  return { data: null, lines: ['There is no such dead letter'], hasFailed: true }
}

export const deadLetters: Command = {
  usage: '[<id>]',
  takes: 'one',
  summary: 'All jobs that failed too often, or one of them',
  options: KIND,
  run: async (asked) => {
    const [id] = asked.ids
    return id === undefined ? many(asked) : one(asked, id)
  },
}

type Work = (asked: Asked, kind: string, ids: string[]) => Promise<number>
const idOf = ({ id }: DeadLetter) => id

/** Works on the named dead letters, or on all of them, a page at a time. */
async function each(asked: Asked, work: Work) {
  const { ids, values } = asked
  const named = [...new Set(ids)]
  let count = 0
  for (const kind of kindsOf(asked)) {
    if (values.all)
      for await (const page of pages(asked, kind))
        if (page.length > 0) count += await work(asked, kind, page.map(idOf))
    for (let start = 0; start < named.length; start += PAGE)
      count += await work(asked, kind, named.slice(start, start + PAGE))
  }
  return { count, missing: values.all ? 0 : named.length - count }
}

/** @param done the outcome, as a key for `--json` and in words */
const dispose = (summary: string, done: [key: string, words: string], work: Work): Command => ({
  usage: '<id> ... | --all',
  takes: 'some',
  summary,
  options: { all: ALL, ...KIND },
  run: async (asked) => {
    const { count, missing } = await each(asked, work)
    const [key, words] = done
    return {
      data: { [key]: count, missing },
      lines: [`${count} ${words}`, ...(missing > 0 ? [`${missing} of the named ones not found`] : [])],
      hasFailed: missing > 0,
    }
  },
})

export const replay = dispose(
  'Tries dead letters again; a push skips the devices that have it',
  ['replayed', 'tried again'],
  async ({ bus, caller }, kind, ids) =>
    (await bus.askJobs(kind, 'replayDeadLetters', caller, { ids })).replayed,
)

export const drop = dispose(
  'Deletes dead letters without doing them',
  ['dropped', 'dropped'],
  async ({ bus, caller }, kind, ids) => (await bus.askJobs(kind, 'dropDeadLetters', caller, { ids })).dropped,
)
