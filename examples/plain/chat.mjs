// Nothing but socket.io-client and the original document.
// Started by: TOKEN=<a token> node chat.mjs [a text to send]
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

socket.on('connect_error', (error) => console.error('not connected:', error.data?.code ?? error.message))
socket.on('tokenExpired', () => console.error('the token has expired: fetch a new one, and connect again'))
socket.on('updateRoomLastMessage', (room) => console.log(`[${room.name}] ${room.unReadMsgCount} unread`))

socket.on('connect', async () => {
  const { list } = await ask('listenRooms', null)
  for (const room of list) console.log(`[${room.name}] ${room.unReadMsgCount} unread`)
  const [room] = list
  if (!room) return socket.close()

  socket.on(`listenMessage_${room._id}`, print)
  await ask('joinRoom', room._id)
  const page = await ask('listenMessagesByRoom', { roomId: room._id, lastMessageId: null, count: 10 })
  page.list.forEach(print)

  const text = process.argv[2]
  if (text === undefined) return
  // Sent again with the same syncKey, a message is stored once.
  const syncKey = crypto.randomUUID()
  const { message } = await ask('sendMessage', {
    syncKey,
    roomId: room._id,
    data: { type: 'TEXT', content: text },
  })
  await ask('updateReadMessage', { roomId: room._id, messageId: message._id })
  socket.close()
})
