import { runService } from '@chat/service'
import { start } from './service.ts'

await runService({ name: 'rooms', needs: ['mongo'], start })
