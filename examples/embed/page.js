// A page with a chat on it. With a bundler, the first line is: import { connect, indexedDbStore } from '@chat/client'
import { connect, indexedDbStore } from '/chat.min.js'

const session = async () => (await fetch(`/session${location.search}`)).json()
const list = document.querySelector('#messages')
/** The list items by message id. */
const shown = new Map()

/** Inserts an item in the order of seq: live messages may arrive before the page of older ones. */
function place(seq) {
  const item = document.createElement('li')
  item.dataset.seq = seq
  const next = [...list.children].find((other) => Number(other.dataset.seq) > seq)
  return list.insertBefore(item, next ?? null)
}

function show({ _id, seq, author, data, status, updatedAt }) {
  const known = shown.get(_id)
  // An older state of a message may arrive after a newer one.
  if (known && known.updatedAt > updatedAt) return
  const item = known?.item ?? place(seq)
  shown.set(_id, { item, updatedAt })
  // textContent, so that a message is never treated as markup.
  item.textContent = status.deleted ? '(deleted)' : `${author.nickName}: ${data.content.text ?? data.type}`
}

async function open() {
  const { roomId, gateway } = await session()
  const chat = connect({
    url: gateway,
    // Called before every connect, so an expired token is replaced.
    token: async () => (await session()).token,
    // Messages written offline are sent when the connection is back, even after a reload.
    store: indexedDbStore({ name: location.search }),
  })
  chat.onConnection((state) => {
    document.querySelector('#state').textContent = state === 'connected' ? '' : 'Connecting…'
  })
  return { chat, roomId }
}
const opening = open()

// Registered before the connection is awaited, so that an early message is not lost.
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
