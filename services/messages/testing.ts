import type { Message, Room, Rules } from '@chat/contract'
import { createLogger, Metrics, openBus } from '@chat/service'
import type { PlainClient, TestStack } from '@chat/testing'
import mongoose from 'mongoose'

export const makeRoom = (master: PlainClient, users: string[], rules: Partial<Rules> = {}) =>
  master.get<Room>('createNewRoom', { users, name: 'Room', rules })

export async function sendText(who: PlainClient, roomId: string, text: string, more: object = {}) {
  const said = { syncKey: crypto.randomUUID(), roomId, data: { type: 'TEXT', content: text }, ...more }
  return (await who.get<{ message: Message }>('sendMessage', said)).message
}

export const page = async (who: PlainClient, roomId: string) =>
  (await who.get<{ list: Message[] }>('listenMessagesByRoom', { roomId, count: 100 })).list

/** The database of the messages service, as it lies there. */
export const openDatabase = (stack: TestStack) =>
  mongoose.createConnection(stack.mongoUrl, { dbName: `${stack.root}_messages` }).asPromise()

/** The bus of the stack, to ask as edges and services do. */
export const openStackBus = (stack: TestStack) =>
  openBus({
    natsUrl: stack.natsUrl,
    name: 'test',
    root: stack.root,
    logger: createLogger('silent'),
    metrics: new Metrics(),
    requestTimeoutMs: 5_000,
  })
