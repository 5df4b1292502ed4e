// A page with a chat on it. With a bundler, the first line is: import { connect, indexedDbStore } from '@chat/client'
import { connect, indexedDbStore } from '/chat.min.js'

const session = async () => (await fetch(`/session${location.search}`)).json()
const list = document.querySelector('#messages')
/** What stands there, by the message's id. */
const shown = new Map()

/** A new line where the message belongs: what is said while the page is being fetched comes before what it holds. */
function place(seq) {
  const item = document.createElement('li')
  item.dataset.seq = seq
  const next = [...list.children].find((other) => Number(other.dataset.seq) > seq)
  return list.insertBefore(item, next ?? null)
}

function show({ _id, seq, author, data, status, updatedAt }) {
  const known = shown.get(_id)
  // Of two states of a message the later one counts, whichever comes first.
  if (known && known.updatedAt > updatedAt) return
  const item = known?.item ?? place(seq)
  shown.set(_id, { item, updatedAt })
  // textContent: nobody's message is ever taken for markup.
  item.textContent = status.deleted ? '(deleted)' : `${author.nickName}: ${data.content.text ?? data.type}`
}

async function open() {
  const { roomId, gateway } = await session()
  const chat = connect({
    url: gateway,
    // Asked before every connect: a token that has expired is replaced without anybody noticing.
    token: async () => (await session()).token,
    // What is written without a connection is sent when there is one, also after a reload.
    store: indexedDbStore({ name: location.search }),
  })
  chat.onConnection((state) => {
    document.querySelector('#state').textContent = state === 'connected' ? '' : 'Connecting…'
  })
  return { chat, roomId }
}
const opening = open()

// Before anything else is awaited: somebody may be quicker than the connection.
document.querySelector('#form').addEventListener('submit', async (event) => {
  event.preventDefault()
  const field = document.querySelector('#text')
  const text = field.value
  field.value = ''
  const { chat, roomId } = await opening
  void chat.send({ roomId, text })
})

const { chat, roomId } = await opening
await chat.ready
await chat.openRoom(roomId, { onMessage: show, onUpdate: show })
const { list: newest } = await chat.ask('listenMessagesByRoom', { roomId, count: 50 })
newest.forEach(show)
