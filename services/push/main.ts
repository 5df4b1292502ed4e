import { runService } from '@chat/service'
import { start } from './service.ts'

await runService({ name: 'push', needs: ['mongo'], start })
