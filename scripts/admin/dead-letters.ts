import type { Output } from '@chat/contract'
import { ALL, type Answer, type Asked, type Command } from './command.ts'
import { facts, table } from './table.ts'

type Letter = Output<'listSetAside'>['list'][number]
const PAGE = 500

async function* pages({ bus, caller }: Asked): AsyncGenerator<Letter[]> {
  for (let after: string | undefined; ; ) {
    const page = await bus.ask('listSetAside', caller, { limit: PAGE, ...(after !== undefined && { after }) })
    yield page.list
    if (page.nextAfter === null) return
    after = page.nextAfter
  }
}

async function many(asked: Asked): Promise<Answer> {
  const list: Letter[] = []
  for await (const page of pages(asked)) list.push(...page)
  const rows = list.map(({ id, setAsideAt, tries, reason }) => [id, setAsideAt, tries, reason])
  return { data: { list }, lines: table(['dead letter', 'set aside', 'tries', 'reason'], rows) }
}

async function one({ bus, caller }: Asked, id: string): Promise<Answer> {
  const { letter } = await bus.ask('getSetAside', caller, id)
  if (!letter) return { data: null, lines: ['There is no such dead letter'], hasFailed: true }
  const { roomId, messageId, authorId, setAsideAt, tries, reason, only, body } = letter
  const lines = facts([
    ['dead letter', id],
    ['room', roomId],
    ['message', messageId],
    ['author', authorId],
    ['for', only === null ? 'everybody who wants it' : only.join(', ')],
    ['says', body],
    ['set aside', setAsideAt],
    ['tries', tries],
    ['reason', reason],
  ])
  return { data: letter, lines }
}

export const deadLetters: Command = {
  usage: '[<id>]',
  takes: 'one',
  summary: 'Pushes that were given up on, or one of them',
  run: async (asked) => {
    const [id] = asked.ids
    return id === undefined ? many(asked) : one(asked, id)
  },
}

type Work = (asked: Asked, ids: string[]) => Promise<number>

/** Goes through all that there are, or those named, some at a time. */
async function each(asked: Asked, work: Work) {
  const { ids, values } = asked
  let count = 0
  if (values.all)
    for await (const page of pages(asked))
      if (page.length > 0)
        count += await work(
          asked,
          page.map(({ id }) => id),
        )
  const named = [...new Set(ids)]
  for (let start = 0; start < named.length; start += PAGE)
    count += await work(asked, named.slice(start, start + PAGE))
  return { count, missing: values.all ? 0 : named.length - count }
}

/** @param done what has become of them, as `--json` calls it and in words */
const dispose = (summary: string, done: [key: string, words: string], work: Work): Command => ({
  usage: '<id> ... | --all',
  takes: 'some',
  summary,
  options: { all: ALL },
  run: async (asked) => {
    const { count, missing } = await each(asked, work)
    const [key, words] = done
    return {
      data: { [key]: count, missing },
      lines: [`${count} ${words}`, ...(missing > 0 ? [`${missing} of those named are not there`] : [])],
      hasFailed: missing > 0,
    }
  },
})

export const replay = dispose(
  'Tries dead letters again: who still wants them is decided anew, and nobody is told twice',
  ['replayed', 'tried again'],
  async ({ bus, caller }, ids) => (await bus.ask('replaySetAside', caller, { ids })).replayed,
)

export const drop = dispose(
  'Lets dead letters go: nobody will be told of them',
  ['dropped', 'dropped'],
  async ({ bus, caller }, ids) => (await bus.ask('dropSetAside', caller, { ids })).dropped,
)
