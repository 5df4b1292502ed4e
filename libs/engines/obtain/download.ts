// Run as a script: download.ts <version> <folder>. Leaves a `mongod` that runs on this machine in the folder.
import { execFileSync } from 'node:child_process'
import { copyFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MongoBinary } from 'mongodb-memory-server-core'

const [version = '', into = ''] = process.argv.slice(2)
const file = await MongoBinary.getPath({ version, downloadDir: into })
// It may lack a library, or this processor an instruction set: then it must not reach the cache.
execFileSync(file, ['--version'], { stdio: 'ignore' })
if (dirname(file) === into) await rename(file, join(into, 'mongod'))
else await copyFile(file, join(into, 'mongod'))
await rm(`${file}.lock`, { force: true })
