import { constants, setPriority } from 'node:os'

/** For a process with bulk work: other processes of the machine go first. */
export const lowerPriority = () => setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
