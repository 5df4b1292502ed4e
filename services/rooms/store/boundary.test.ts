import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const service = join(import.meta.dirname, '..')
const files = globSync('**/*.ts', { cwd: service }).filter(
  (file) => !file.startsWith('store/') && !file.includes('node_modules') && !file.endsWith('.test.ts'),
)

/** Terms of mongoose and of MongoDB's query language. */
const QUERY_LANGUAGE = [
  /from 'mongoose'/,
  /\b(ClientSession|Model|Schema|ObjectId)\b/,
  /\.(lean|findOne|findById|findOneAndUpdate|updateOne|updateMany|deleteOne|deleteMany)\(/,
  /\.(insertOne|insertMany|bulkWrite|aggregate|countDocuments)\(/,
  /\$(set|unset|setOnInsert|inc|max|min|push|pull|in|nin|gt|gte|lt|lte|ne|or|and|not|exists|match|lookup)\s*['":]/,
]

const findingsIn = (text: string) => QUERY_LANGUAGE.flatMap((pattern) => pattern.exec(text)?.[0] ?? [])

test('the patterns find database code where it is expected', () => {
  expect(files.length).toBeGreaterThan(30)
  expect(findingsIn(readFileSync(join(service, 'store/room-store.ts'), 'utf8')).length).toBeGreaterThan(3)
  expect(findingsIn("import mongoose from 'mongoose'; x.updateOne({ a }, { $set: { b } })").length).toBe(3)
})

test.each(files)('%s contains no database code', (file) => {
  expect(findingsIn(readFileSync(join(service, file), 'utf8'))).toEqual([])
})
