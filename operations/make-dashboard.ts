// npm run dashboard: writes operations/grafana/chat.json from the table of panels.
import { writeFile } from 'node:fs/promises'
import { asFile } from './dashboard.ts'

await writeFile(new URL('./grafana/chat.json', import.meta.url), asFile())
