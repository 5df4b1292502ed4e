import { createLogger, runUntilStopped } from '@chat/service'
import { type Place, type StackService, startStackService } from '@chat/stack/testing'

// The program of `startService`. It sends its parent the port that it listens on, if any, when it is ready.

type Told = { service: StackService; place: Place; port?: number }

const { service, place, port } = JSON.parse(process.argv[2] as string) as Told
const starting = startStackService(service, place, port)
starting.then((running) => process.send?.({ port: running.port }))
await runUntilStopped(starting, createLogger('error'))
