import mongoose from 'mongoose'
import type { TestStack } from './stack.ts'

/** Opens the database of a service directly. */
export const openDatabase = (stack: Pick<TestStack, 'mongoUrl' | 'root'>, service = 'messages') =>
  mongoose.createConnection(stack.mongoUrl, { dbName: `${stack.root}_${service}` }).asPromise()
