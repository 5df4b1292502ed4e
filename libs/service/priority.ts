import { constants, setPriority } from 'node:os'

/** Bulk work that shares a machine with messages lets them go first: a process's own, or that of an engine. */
export const giveWay = (pid = process.pid) => setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
