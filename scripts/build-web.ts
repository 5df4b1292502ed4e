// npm run build:web: builds the demo page if it is missing or older than its sources.
import { buildPage } from './page.ts'

await buildPage((line) => process.stdout.write(`${line}\n`))
process.disconnect?.()
