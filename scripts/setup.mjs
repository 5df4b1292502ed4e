// node scripts/setup.mjs <file.ts> [args...]
// Installs what is missing, then runs the file on the Node that this project brings with it. This file
// itself runs on Node 20, before anything is installed: no dependencies, no TypeScript.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.chat-setup')
const localNode = join(root, 'node_modules', '.bin', 'node')
const wantedMajor = 24

const [file, ...args] = process.argv.slice(2)
if (!file) fail('Usage: node scripts/setup.mjs <file.ts> [args...]')
await install()
const node = await findNode()
// Over the channel the child notices when this process is killed: it hears 'disconnect'.
process.exit(await run(node, [file, ...args], ['inherit', 'inherit', 'inherit', 'ipc']))

async function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const isDone = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === lock
  if (isDone()) return
  const release = await takeTurn()
  if (isDone()) return release()
  console.log('Installing the packages in package-lock.json (npm ci); takes about a minute')
  // --include=dev also where NODE_ENV is production: start and test share one folder.
  // Errors only: npm would warn that some packages need a newer Node; the project brings that Node.
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const code = await run('npm', ['ci', '--include=dev', ...quiet], 'inherit', root)
  if (code !== 0) fail('npm ci failed, see above', code)
  writeFileSync(stamp, lock)
  release()
}

/** Two installs at once break each other, so the second waits for the first while that one is alive. */
async function takeTurn() {
  const turn = join(tmpdir(), `chat-setup-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`)
  for (let isTold = false; ; isTold = true) {
    try {
      writeFileSync(turn, String(process.pid), { flag: 'wx' })
      return () => rmSync(turn, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (!existsSync(turn)) continue
    if (isDead(holderOf(turn))) rmSync(turn, { force: true })
    else if (!isTold) console.log('Waiting for another command that is installing the packages')
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

/** 0, which counts as alive, if the lock has just been released. */
function holderOf(turn) {
  try {
    return Number(readFileSync(turn, 'utf8'))
  } catch {
    return 0
  }
}

function isDead(pid) {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

/** The project's own Node. If there is none for this platform: the Node that runs this, if it is new enough. */
async function findNode() {
  if (isNewEnough(localNode)) return localNode
  if (isNewEnough(process.execPath)) return process.execPath
  // npm may be configured to skip install scripts, and an install script downloads this Node.
  console.log(`Fetching Node ${wantedMajor} (npm rebuild node)`)
  await run('npm', ['rebuild', 'node', '--ignore-scripts=false'], 'inherit', root)
  if (isNewEnough(localNode)) return localNode
  return fail(
    `Node ${wantedMajor} or newer is needed: node_modules/.bin/node is not, nor is this one (${process.version}). ` +
      `Install Node ${wantedMajor} (https://nodejs.org), then run the same command again.`,
  )
}

function isNewEnough(path) {
  try {
    const version = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' })
    return Number.parseInt(version, 10) >= wantedMajor
  } catch {
    return false
  }
}

/** Runs a command to its end, passing signals on; resolves to its exit code, 128+n for a signal. */
function run(command, args, stdio, cwd) {
  const child = spawn(command, args, { stdio, cwd })
  const passOn = (signal) => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn)
  const watch = watchParent(() => child.kill('SIGTERM'))
  return new Promise((resolve) => {
    const end = (code) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, passOn)
      clearInterval(watch)
      resolve(code)
    }
    child.once('error', (error) => end(fail(`${command} could not be started: ${error.message}`)))
    child.once('exit', (code, signal) => end(signal ? 128 + constants.signals[signal] : code))
  })
}

/** A killed npm forwards no signal. Started by hand, the parent is a shell, which may end before this process. */
function watchParent(onGone) {
  if (!process.env.npm_lifecycle_event) return undefined
  const parents = ancestry()
  const watch = setInterval(() => {
    if (ancestry() === parents) return
    clearInterval(watch)
    onGone()
  }, 1000)
  return watch.unref()
}

/** npm runs its scripts in a shell, which outlives npm. So the parent's parent counts too, if it is known. */
function ancestry() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8')
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`
  } catch {
    return `${process.ppid}`
  }
}

function fail(message, code = 1) {
  console.error(message)
  process.exit(code)
}
