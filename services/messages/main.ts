import { runService } from '@chat/service'
import { start } from './service.ts'

await runService({ name: 'messages', needs: ['mongo', 's3'], start })
