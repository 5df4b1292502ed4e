import { type Alone, type Place, startAlone } from '@chat/stack/alone'

// The program of `startService`. It tells its parent when it is ready.

const [service, place] = process.argv.slice(2) as [Alone, string]
const { close } = await startAlone(service, JSON.parse(place) as Place)
process.on('disconnect', () => close().finally(() => process.exit()))
process.send?.('ready')
