import { runService } from '@chat/service'
import { demoOf, start } from './service.ts'

await runService({
  name: 'gateway',
  needs: ['auth', 'page'],
  start: (around) => start({ ...around, demo: demoOf(around.config, around.s3Url) }),
})
