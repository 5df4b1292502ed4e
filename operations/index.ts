export type { Manifest, Stores } from './backup/layout.ts'
export { restoreBackup } from './backup/restoring.ts'
export { takeBackup } from './backup/taking.ts'
