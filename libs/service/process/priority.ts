import { constants, setPriority } from 'node:os'

/** A process of bulk work that shares a machine with messages lets them go first. */
export const giveWay = () => setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
