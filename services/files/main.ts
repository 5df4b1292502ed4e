import { giveWay, runService } from '@chat/service'
import { start } from './service.ts'

giveWay()
await runService({ name: 'files', needs: ['mongo', 's3'], start })
