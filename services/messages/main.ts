import { runService } from '@chat/service'
import { readConfig } from './config.ts'
import { start } from './service.ts'

await runService({ name: 'messages', readConfig, start })
