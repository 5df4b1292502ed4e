import { type Alone, type Place, startAlone } from '@chat/stack/alone'

// The program of `startService`. When it is ready, it tells its parent the port that it listens on, if any.

const { service, place } = JSON.parse(process.argv[2] as string) as { service: Alone; place: Place }
const { close, port } = await startAlone(service, place)
process.on('disconnect', () => close().finally(() => process.exit()))
process.send?.({ port })
