import { execFileSync } from 'node:child_process'
import { copyFile, glob, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { contractTypes } from './types.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const CLIENT = join(ROOT, 'libs/client')
const DIST = join(CLIENT, 'dist')

/** For bundlers and Node, with socket.io-client as a dependency; and as one file for a page without a bundler. */
const flavours = [
  { file: 'index.js', external: ['socket.io-client'], minify: false },
  { file: 'chat.min.js', external: [], minify: true },
]

async function buildScripts() {
  for (const { file, external, minify } of flavours) {
    await build({
      root: CLIENT,
      logLevel: 'error',
      configFile: false,
      build: {
        outDir: DIST,
        emptyOutDir: false,
        target: 'es2024',
        minify: minify && 'oxc',
        lib: { entry: join(CLIENT, 'index.ts'), formats: ['es'], fileName: () => file },
        rolldownOptions: { external },
      },
    })
  }
}

/** Each file's declarations, and one with what they take from the contract. */
async function buildTypes() {
  const scratch = join(DIST, 'scratch')
  const emit = { declaration: true, emitDeclarationOnly: true, noEmit: false }
  const compilerOptions = { ...emit, rootDir: ROOT, outDir: scratch }
  const entries = ['libs/client/index.ts', 'libs/contract/wire/errors.ts']
  const config = join(DIST, 'tsconfig.json')
  const files = entries.map((entry) => join(ROOT, entry))
  await writeFile(
    config,
    JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: [], files }),
  )
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', config], { stdio: 'inherit' })
  const types = join(DIST, 'types')
  await rename(join(scratch, 'libs/client'), types)
  const errors = await readFile(join(scratch, 'libs/contract/wire/errors.d.ts'), 'utf8')
  await writeFile(join(types, 'contract.d.ts'), `${contractTypes()}\n\n${envelopeIn(errors)}`)
  for await (const file of glob(join(types, '**/*.d.ts'))) {
    const contract = `${relative(dirname(file), types) || '.'}/contract.js`
    const text = await readFile(file, 'utf8')
    const own = text.replaceAll("'@chat/contract'", `'${contract}'`)
    await writeFile(file, own.replaceAll(/(from '\.[^']+)\.ts'/g, "$1.js'"))
  }
  await rm(scratch, { recursive: true })
  await rm(config)
}

const envelopeIn = (declarations: string) =>
  /^export type Envelope<T> = \{\n[\s\S]*?^\};/m.exec(declarations)?.[0] ?? ''

async function writeManifest() {
  const own = JSON.parse(await readFile(join(CLIENT, 'package.json'), 'utf8'))
  const manifest = {
    name: own.name,
    version: own.version,
    description: 'The typed client of the chat gateway, for browsers and Node',
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    exports: {
      '.': { types: './types/index.d.ts', default: './index.js' },
      './chat.min.js': './chat.min.js',
    },
    types: './types/index.d.ts',
    dependencies: { 'socket.io-client': own.dependencies['socket.io-client'] },
    engines: { node: '>=22' },
  }
  await writeFile(join(DIST, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  await copyFile(join(CLIENT, 'README.md'), join(DIST, 'README.md'))
}

/** Builds the package into libs/client/dist, ready for npm pack. @returns its files' sizes, in bytes and compressed */
export async function buildPackage() {
  await rm(DIST, { recursive: true, force: true })
  await mkdir(DIST, { recursive: true })
  await buildScripts()
  await buildTypes()
  await writeManifest()
  const sizes = flavours.map(async ({ file }) => {
    const text = await readFile(join(DIST, file))
    return { file, bytes: text.byteLength, compressed: gzipSync(text).byteLength }
  })
  return { folder: DIST, sizes: await Promise.all(sizes) }
}
