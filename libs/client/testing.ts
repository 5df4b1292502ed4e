import { afterEach, beforeEach } from '@jest/globals'
import { type Chat, type ConnectOptions, connect } from './connect.ts'
import type { ConnectionState } from './connection.ts'
import { type FakeServer, startFakeServer } from './fake-server.ts'

/** Each test of the file gets a server of its own; clients made here are closed with it. */
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
  const client = (options: Partial<ConnectOptions> = {}) => {
    const chat = connect({
      url: server().url,
      token: 'token',
      reconnectMinMs: 10,
      reconnectMaxMs: 50,
      ...options,
    })
    chats.push(chat)
    return chat
  }
  return { server, client }
}

export const reached = (chat: Chat, wanted: ConnectionState) =>
  new Promise<void>((resolve) => {
    const off = chat.onConnection((state) => {
      if (state !== wanted) return
      off()
      resolve()
    })
  })
