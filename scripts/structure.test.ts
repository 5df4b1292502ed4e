import { dirname } from 'node:path'
import { expect, test } from '@jest/globals'
import { readImportGraph } from './testing/import-graph.ts'

// The layout's rules, read from the imports of every source file. Imports of types count.

const MAX_LINES = 400
const MAX_FILES = 13
const isTest = (file: string) => /\.(test|browser)\.tsx?$|(^|\/)testing(\/|\.ts)|stand-in/.test(file)

const { texts, imports } = await readImportGraph()

/** The first circle that is found, as a list of files. */
function findCircle(): string[] {
  const finished = new Set<string>()
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (finished.has(file)) return []
    for (const target of imports.get(file) ?? []) {
      const circle = visit(target, [...path, file])
      if (circle.length > 0) return circle
    }
    finished.add(file)
    return []
  }
  return [...imports.keys()].map((file) => visit(file, [])).find((circle) => circle.length > 0) ?? []
}

test('imports of packages resolve to files of this repository', () => {
  expect(imports.get('stack/config.ts')).toContain('services/gateway/config.ts')
  expect(imports.get('stack/config.ts')).toContain('libs/service/index.ts')
})

test('there are no import circles', () => {
  expect(findCircle()).toEqual([])
})

test('imports point one way: services and libraries import no other service, libraries no stack', () => {
  const areaOf = (file: string) => file.split('/').slice(0, 2).join('/')
  const wrong = [...imports].flatMap(([file, targets]) => {
    if (isTest(file) || !/^(libs|services)\//.test(file)) return []
    const isOutside = (target: string) =>
      /^(services|stack)\//.test(target) && areaOf(target) !== areaOf(file)
    return targets.filter(isOutside).map((target) => `${file} imports ${target}`)
  })
  expect(wrong).toEqual([])
})

test(`no source file has more than ${MAX_LINES} lines`, () => {
  const lines = [...texts].map(([file, text]) => ({ file, lines: text.split('\n').length - 1 }))
  expect(lines.filter((each) => !isTest(each.file) && each.lines > MAX_LINES)).toEqual([])
})

test(`no folder has more than ${MAX_FILES} source files`, () => {
  const byFolder = Map.groupBy(
    [...texts.keys()].filter((file) => !isTest(file)),
    dirname,
  )
  const full = [...byFolder].filter(([, files]) => files.length > MAX_FILES)
  expect(full.map(([folder, files]) => `${folder}: ${files.length}`)).toEqual([])
})
