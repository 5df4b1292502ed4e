import { runService } from '@chat/service'
import { start } from './service.ts'

await runService({ name: 'platform-api', needs: ['auth', 'apiKeys', 'mongo'], start })
