import type { ClientSession } from 'mongoose'

/** A transaction in progress. Domain code passes it on and never looks inside. */
export type Transaction = ClientSession
