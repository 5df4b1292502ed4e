import { giveWay, runService } from '@chat/service'
import { readConfig } from './config.ts'
import { start } from './service.ts'

giveWay()
await runService({ name: 'files', readConfig, start })
