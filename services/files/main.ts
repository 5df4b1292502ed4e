import { lowerPriority, runService } from '@chat/service'
import { readConfig } from './config.ts'
import { start } from './service.ts'

lowerPriority()
await runService({ name: 'files', readConfig, start })
