import { glob, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

const SOURCES = '{libs,services,stack,scripts,deploy,bench,operations,examples,web/src}/**/*.{ts,tsx}'
const IGNORED = /(^|\/)(node_modules|dist)\//
const STATIC = /(?:from|import)\s*'([^']+)'/g
const DYNAMIC = /import\(\s*'([^']+)'/g

export type ImportGraph = {
  /** The text of every source file, by its path. */
  texts: Map<string, string>
  /** The files that each file imports. Imports of types count. */
  imports: Map<string, string[]>
  /** Like `imports`, without those that a function makes when it runs. */
  staticImports: Map<string, string[]>
}

/** Reads which source files of this repository import which others. */
export async function readImportGraph(): Promise<ImportGraph> {
  const texts = new Map<string, string>()
  for await (const file of glob(SOURCES))
    if (!IGNORED.test(file)) texts.set(file, await readFile(file, 'utf8'))
  const entries = await packageEntries()
  const targetsOf = (file: string, matches: Iterable<RegExpMatchArray>) =>
    [...matches]
      .map(([, target = '']) =>
        target.startsWith('.') ? join(dirname(file), target) : (entries.get(target) ?? ''),
      )
      .filter((target) => texts.has(target))
  const graph = (...patterns: RegExp[]) =>
    new Map(
      [...texts].map(([file, text]) => [
        file,
        patterns.flatMap((pattern) => targetsOf(file, text.matchAll(pattern))),
      ]),
    )
  return { texts, imports: graph(STATIC, DYNAMIC), staticImports: graph(STATIC) }
}

/** The file of each package entry, such as `@chat/service` or `@chat/stack/config`. */
async function packageEntries() {
  const entries = new Map<string, string>()
  for await (const file of glob('{libs/*,services/*,stack,web}/package.json')) {
    const { name, exports } = JSON.parse(await readFile(file, 'utf8')) as { name: string; exports?: unknown }
    const paths = typeof exports === 'object' && exports !== null ? Object.entries(exports) : [['.', exports]]
    for (const [path, target] of paths) {
      const source =
        typeof target === 'object' && target !== null && 'source' in target ? target.source : target
      if (typeof source === 'string') entries.set(join(name, path as string), join(dirname(file), source))
    }
  }
  return entries
}
