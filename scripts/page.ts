import { createHash } from 'node:crypto'
import { glob, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const STAMP = `${ROOT}web/dist/.stamp`
/** The sources of the built page. */
const SOURCES = [
  'web/{index.html,package.json,vite.config.ts}',
  'web/{public,src}/**/*.*',
  'libs/{client,contract}/*.ts',
  'package-lock.json',
]

async function fingerprint(): Promise<string> {
  const files: string[] = []
  for await (const file of glob(SOURCES, { cwd: ROOT })) files.push(file)
  const hash = createHash('sha256')
  for (const file of files.filter((name) => !name.includes('.test.')).sort())
    hash.update(`${file}\0`).update(await readFile(`${ROOT}${file}`))
  return hash.digest('hex')
}

/** Builds the demo page if it is missing or older than its sources. */
export async function buildPage(print: (line: string) => void) {
  const wanted = await fingerprint()
  const built = await readFile(STAMP, 'utf8').catch(() => '')
  if (built === wanted) return
  print('Building the demo page (vite), takes a few seconds')
  const started = performance.now()
  const { build } = await import('vite')
  await build({ root: `${ROOT}web`, logLevel: 'error' })
  await writeFile(STAMP, wanted)
  print(`The demo page is built (${Math.round(performance.now() - started)} ms)`)
}
