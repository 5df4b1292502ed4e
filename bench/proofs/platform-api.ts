import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { startTestStack, testApiKey } from '@chat/testing'
import { print } from '../report.ts'
import type { Ground } from './proof.ts'

const VERSION = '4.32.5'
const CONFORMANCE =
  'status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance'
/** The two calls of the original document answer their named failures with status 500, as that document says. */
const RUNS = [
  { part: '/v1', args: ['--include-path-regex', '^/v1/', '--checks', `not_a_server_error,${CONFORMANCE}`] },
  { part: '/chat', args: ['--include-path-regex', '^/chat/', '--checks', CONFORMANCE] },
]
const COMMON = ['--header', `chat-api-key:${testApiKey}`, '--max-examples', '30', '--max-time', '240']
const FIXED = ['--generation-deterministic', '--request-timeout', '70', '--no-color']

/** Without a mail server an export by mail is refused with 501, which the checks here would count as a failure. */
const MAIL = { url: 'smtp://127.0.0.1:9', from: 'chat@example.com' }

/** Valid and invalid requests of every shape get answers that the document describes. */
export async function provePlatformApi({ stack: { mongoUrl, natsUrl, s3Url }, verdicts }: Ground) {
  const command = await findSchemathesis()
  const stack = await startTestStack({ engines: { mongoUrl, natsUrl, s3Url }, config: { mail: MAIL } })
  try {
    for (const { part, args } of RUNS) {
      const all = ['run', `${stack.platformUrl}/openapi.json`, ...COMMON, ...FIXED, ...args]
      print(`      schemathesis ${all.join(' ')}`)
      const code = await run(command, all)
      verdicts.claim(
        `${part} answers nothing undocumented to schemathesis ${VERSION}`,
        code === 0,
        `exit ${code}`,
      )
    }
  } finally {
    await stack.close()
  }
}

/** Installed once per user, into an environment of its own. @throws where there is no Python */
async function findSchemathesis(): Promise<string> {
  const home = join(homedir(), '.cache', 'chat-api', `schemathesis-${VERSION}`)
  const command = join(home, 'bin', 'schemathesis')
  if (existsSync(command)) return command
  print(`      installing schemathesis ${VERSION} with pip`)
  for (const [program, ...args] of [
    ['python3', '-m', 'venv', home],
    [join(home, 'bin', 'pip'), 'install', '--quiet', `schemathesis==${VERSION}`],
  ] as [string, ...string[]][]) {
    if ((await run(program, args)) !== 0)
      throw new Error(`${program} failed: Python 3.10 or newer with venv is needed`)
  }
  return command
}

async function run(program: string, args: string[]): Promise<number> {
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  const [code] = await once(child, 'exit')
  return (code as number | null) ?? 1
}
