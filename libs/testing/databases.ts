import mongoose from 'mongoose'
import type { TestStack } from './stack.ts'

/** The database of a service, as it lies there. */
export const openDatabase = (stack: TestStack, service = 'messages') =>
  mongoose.createConnection(stack.mongoUrl, { dbName: `${stack.root}_${service}` }).asPromise()
