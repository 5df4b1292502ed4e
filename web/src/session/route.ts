import { signal } from '@preact/signals'

/** The hash is `#/rooms/<id>`, so that links and the back button work. */
const read = () => {
  const [, id] = /^#\/rooms\/(.+)$/.exec(location.hash) ?? []
  try {
    return id === undefined ? null : decodeURIComponent(id)
  } catch {
    return null
  }
}

/** The open room. */
export const openRoomId = signal<string | null>(read())
/** A message to scroll to once its room is open. */
export const targetMessage = signal<{ roomId: string; messageId: string } | null>(null)

addEventListener('hashchange', () => {
  openRoomId.value = read()
})

export const hrefOf = (roomId: string) => `#/rooms/${encodeURIComponent(roomId)}`

export function openRoom(roomId: string, messageId?: string) {
  targetMessage.value = messageId === undefined ? null : { roomId, messageId }
  location.hash = hrefOf(roomId)
}

export function showRoomList() {
  location.hash = '#/'
}
