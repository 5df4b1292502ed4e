import { afterEach, beforeEach } from '@jest/globals'
import { type Chat, type ConnectOptions, connect, type OfflineChat, type OfflineOptions } from '../connect.ts'
import type { ConnectionState } from '../connection/connection.ts'
import { type FakeServer, startFakeServer } from './fake-server.ts'

/** Each test of the file gets its own server; clients made here are closed with it. */
export function useFakeServer() {
  const chats: Chat[] = []
  const held: { server?: FakeServer } = {}
  const server = () => held.server as FakeServer
  beforeEach(async () => {
    held.server = await startFakeServer()
  })
  afterEach(async () => {
    for (const chat of chats.splice(0)) chat.close()
    await server().close()
  })
  const defaults = () => ({ url: server().url, token: 'token', reconnectMinMs: 10, reconnectMaxMs: 50 })
  const client = (options: Partial<ConnectOptions> = {}) => {
    const chat = connect({ ...defaults(), ...options })
    chats.push(chat)
    return chat
  }
  const offlineClient = (options: Partial<OfflineOptions> & Pick<OfflineOptions, 'store'>) => {
    const chat = connect({ ...defaults(), ...options })
    chats.push(chat)
    return chat
  }
  return { server, client, offlineClient }
}

/** Resolves once `condition` holds; it is checked after each change of the cache. */
export const shown = (chat: OfflineChat, condition: () => Promise<boolean>) =>
  new Promise<void>((resolve, reject) => {
    const look = () =>
      condition().then((holds) => {
        if (!holds) return
        off()
        resolve()
      }, reject)
    const off = chat.cache.onChange(look)
    void look()
  })

export const textsOf = async (chat: OfflineChat, roomId: string) =>
  (await chat.cache.messages(roomId)).map((message) => message.data.content.text)

export const shownTexts = (chat: OfflineChat, roomId: string, texts: string[]) =>
  shown(chat, async () => JSON.stringify(await textsOf(chat, roomId)) === JSON.stringify(texts))

export const reached = (chat: Chat, wanted: ConnectionState) =>
  new Promise<void>((resolve) => {
    const off = chat.onConnection((state) => {
      if (state !== wanted) return
      off()
      resolve()
    })
  })
