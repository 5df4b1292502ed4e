// npm run admin: commands for operators, over the bus of a running stack. Without arguments it prints its help.
import { parseArgs } from 'node:util'
import { Fault } from '@chat/contract'
import { type Answer, type Command, type Option, requireIds, UsageError } from './admin/command.ts'
import { commands, help } from './admin/commands.ts'
import { openRunningBus } from './admin/running-stack.ts'

// A reader such as `head` may close the pipe early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
const print = (line: string) => process.stdout.write(`${line}\n`)
const tell = (line: string) => process.stderr.write(`${line}\n`)

/** @throws UsageError */
function read(command: Command, args: string[]) {
  const json: Option = { type: 'boolean', summary: 'for other programs' }
  const { positionals, values } = parse(args, { json, ...command.options })
  requireIds(command, positionals, values.all === true)
  return { positionals, values }
}

function parse(args: string[], options: Record<string, Option>) {
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** @throws UsageError */
function commandOf(name: string): Command {
  const command = commands.get(name)
  if (!command)
    throw new UsageError(`There is no ${name}; the commands are ${[...commands.keys()].join(', ')}`)
  return command
}

async function answer([name = '', ...args]: string[]): Promise<Answer & { isJson: boolean }> {
  const command = commandOf(name)
  const { positionals, values } = read(command, args)
  const bus = await openRunningBus()
  try {
    const caller = { userId: '', requestId: crypto.randomUUID() }
    const asked = { bus, caller, ids: positionals, values, progress: tell }
    return { ...(await command.run(asked)), isJson: values.json === true }
  } finally {
    await bus.close()
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof UsageError) return `${error.message}\nSee npm run admin`
  if (!(error instanceof Fault)) return error.message
  const hint = error.code === 'SERVICE_UNAVAILABLE' ? ' (no service answers: is the stack running?)' : ''
  return `${error.code}: ${error.message}${hint}`
}

async function main(args: string[]): Promise<number> {
  if (args.length === 0 || ['help', '--help', '-h'].includes(args[0] as string)) {
    help.forEach(print)
    return 0
  }
  try {
    const { data, lines, isJson, hasFailed } = await answer(args)
    if (isJson) print(JSON.stringify(data, null, 2))
    else lines.forEach(print)
    return hasFailed ? 1 : 0
  } catch (error) {
    tell(explain(error))
    return error instanceof UsageError ? 2 : 1
  }
}

process.exitCode = await main(process.argv.slice(2))
process.disconnect?.()
