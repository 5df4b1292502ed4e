// npm run pushes: lists the pushes that were given up on. npm run pushes -- replay [<id> ...]: has them tried again,
// all of them or those named; whoever has had one is not told twice. The stack must be running.
import type { Output } from '@chat/contract'
import { openRunningBus } from './running-stack.ts'

type Page = Output<'listSetAside'>
const PAGE = 500
const caller = { userId: '', requestId: crypto.randomUUID() }
const print = (line: string) => process.stdout.write(`${line}\n`)
const [command = 'list', ...named] = process.argv.slice(2)

async function* pages(bus: Awaited<ReturnType<typeof openRunningBus>>): AsyncGenerator<Page['list']> {
  for (let after: string | undefined; ; ) {
    const page = await bus.ask('listSetAside', caller, { limit: PAGE, ...(after !== undefined && { after }) })
    yield page.list
    if (page.nextAfter === null) return
    after = page.nextAfter
  }
}

try {
  if (command !== 'list' && command !== 'replay')
    throw new Error(`There is list and replay, and no ${command}`)
  const bus = await openRunningBus('pushes')
  let count = 0
  if (command === 'list')
    for await (const list of pages(bus)) {
      for (const { id, setAsideAt, tries, reason } of list)
        print(`${id}  ${setAsideAt}  ${tries} tries: ${reason}`)
      count += list.length
    }
  const replay = async (ids: string[]) => {
    if (ids.length > 0) count += (await bus.ask('replaySetAside', caller, { ids })).replayed
  }
  if (command === 'replay' && named.length === 0)
    for await (const list of pages(bus)) await replay(list.map(({ id }) => id))
  for (let start = 0; start < named.length; start += PAGE) await replay(named.slice(start, start + PAGE))
  await bus.close()
  print(command === 'list' ? `${count} set aside` : `${count} tried again`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}
