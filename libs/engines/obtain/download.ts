// A script: download.ts <version> <folder> puts a `mongod` that runs on this machine into the folder.
import { execFileSync } from 'node:child_process'
import { copyFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MongoBinary } from 'mongodb-memory-server-core'

const [version = '', into = ''] = process.argv.slice(2)
const file = await MongoBinary.getPath({ version, downloadDir: into })
// A binary that lacks a library or an instruction set here must not get into the cache.
execFileSync(file, ['--version'], { stdio: 'ignore' })
if (dirname(file) === into) await rename(file, join(into, 'mongod'))
else await copyFile(file, join(into, 'mongod'))
await rm(`${file}.lock`, { force: true })
