// npm run build:client: the typed client as a package, in libs/client/dist.
import { buildPackage } from '../libs/client/build/package.ts'

const { folder, sizes } = await buildPackage()
for (const { file, bytes, compressed } of sizes)
  process.stdout.write(`${file.padEnd(12)} ${bytes} bytes, ${compressed} compressed\n`)
process.stdout.write(`The package is in ${folder}: npm pack or npm publish it there\n`)
process.disconnect?.()
