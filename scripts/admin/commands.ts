import type { Command } from './command.ts'
import { deadLetters, drop, jobs, replay } from './jobs.ts'
import { lag } from './lag.ts'
import { recount } from './recount.ts'
import { rooms } from './rooms.ts'
import { users } from './users.ts'

/** The commands of `npm run admin`. */
export const commands = new Map<string, Command>([
  ['rooms', rooms],
  ['users', users],
  ['jobs', jobs],
  ['dead-letters', deadLetters],
  ['replay', replay],
  ['drop', drop],
  ['lag', lag],
  ['recount', recount],
])

const optionLines = ({ options = {} }: Command) =>
  Object.entries(options).map(([name, { value, summary }]) => {
    const option = value === undefined ? `--${name}` : `--${name} <${value}>`
    return `      ${option.padEnd(18)} ${summary}`
  })

export const help = [
  'npm run admin -- <command> [ids] [options]',
  '',
  ...[...commands].flatMap(([name, command]) => [
    `  ${name} ${command.usage}`.trimEnd(),
    `      ${command.summary}`,
    ...optionLines(command),
    '',
  ]),
  '--json prints one JSON document: npm run -s admin -- lag --json.',
  'Put another -- before an id that begins with a dash: npm run admin -- users -- -odd-.',
  'It asks the stack that npm start runs here (CHAT_DATA_DIR), or the one at CHAT_NATS_URL.',
]
