export { acquireDataDir } from './data-dir.ts'
export type { EngineName, EngineUrls } from './engine.ts'
export { readRecord, recordFile } from './record.ts'
export { type EngineOptions, type Engines, startEngines } from './start.ts'
