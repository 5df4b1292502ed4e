import { runService } from '@chat/service'
import { readConfig } from './config.ts'
import { demoOf, start } from './service.ts'

await runService({
  name: 'gateway',
  readConfig,
  start: (around) => start({ ...around, demo: demoOf(around.config, around.s3Url) }),
})
