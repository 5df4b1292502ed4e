// Uses socket.io-client and the original document only.
// Start it with: TOKEN=<a token> node chat.mjs [a text to send]
import { io } from 'socket.io-client'

const url = process.env.CHAT_GATEWAY_URL ?? 'ws://127.0.0.1:3000'
const socket = io(`${url}/chat`, { transports: ['websocket'], auth: { token: process.env.TOKEN } })

/** Every ack is { success, error, data }: an error is a code of the document. */
async function ask(event, payload) {
  const { success, error, data } = await socket.emitWithAck(event, payload)
  if (!success) throw new Error(`${event}: ${error}`)
  return data
}
const print = ({ author, data }) =>
  console.log(`${author.nickName}: ${data.content.text ?? `(${data.type})`}`)

/** Makes the process exit with 1. */
function fail(reason) {
  console.error(reason)
  process.exitCode = 1
}

socket.on('connect_error', (error) => {
  const reason = `not connected: ${error.data?.code ?? error.message}`
  // A refusal is final. Without an answer socket.io retries by itself.
  if (socket.active) console.error(reason)
  else fail(reason)
})
socket.on('tokenExpired', () => fail('the token has expired: fetch a new one, and connect again'))
socket.on('updateRoomLastMessage', (room) => console.log(`[${room.name}] ${room.unReadMsgCount} unread`))

socket.on('connect', () =>
  converse().catch((error) => {
    fail(error.message)
    socket.close()
  }),
)

async function converse() {
  const { list } = await ask('listenRooms', null)
  for (const room of list) console.log(`[${room.name}] ${room.unReadMsgCount} unread`)
  const [room] = list
  if (!room) {
    console.log('in no room yet')
    return socket.close()
  }

  socket.on(`listenMessage_${room._id}`, print)
  await ask('joinRoom', room._id)
  const page = await ask('listenMessagesByRoom', { roomId: room._id, lastMessageId: null, count: 10 })
  page.list.forEach(print)

  const text = process.argv[2]
  if (text === undefined) return
  // A message that is sent again with the same syncKey is stored once.
  const syncKey = crypto.randomUUID()
  const { message } = await ask('sendMessage', {
    syncKey,
    roomId: room._id,
    data: { type: 'TEXT', content: text },
  })
  await ask('updateReadMessage', { roomId: room._id, messageId: message._id })
  socket.close()
}
