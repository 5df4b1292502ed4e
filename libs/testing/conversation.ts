import type { Message, Room } from '@chat/contract'
import type { PlainClient } from './plain-client.ts'

/** The calls that most tests of conversations make. */
export const makeRoom = (master: PlainClient, users: string[], rules: object = {}, name = 'Room') =>
  master.get<Room>('createNewRoom', { users, name, rules })

export async function sendText(who: PlainClient, roomId: string, text = 'hello', more: object = {}) {
  const draft = { syncKey: crypto.randomUUID(), roomId, data: { type: 'TEXT', content: text }, ...more }
  return (await who.get<{ message: Message }>('sendMessage', draft)).message
}

/** A room in a member's list; undefined if it is not there. */
export const listed = async (who: PlainClient, roomId: string) =>
  (await who.get<{ list: Room[] }>('listenRooms', {})).list.find(({ _id }) => _id === roomId)

/** The newest page of messages, oldest first. */
export const newestPage = async (who: PlainClient, roomId: string) =>
  (await who.get<{ list: Message[] }>('listenMessagesByRoom', { roomId, count: 100 })).list
