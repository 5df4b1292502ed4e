import { signal } from '@preact/signals'

/** `#/rooms/<id>`: the back button leads back, and a link leads to a room. */
const read = () => {
  const [, id] = /^#\/rooms\/(.+)$/.exec(location.hash) ?? []
  try {
    return id === undefined ? null : decodeURIComponent(id)
  } catch {
    return null
  }
}

/** The room that is shown. */
export const openRoomId = signal<string | null>(read())
/** A message to go to once its room is shown. */
export const wantedMessage = signal<{ roomId: string; messageId: string } | null>(null)

addEventListener('hashchange', () => {
  openRoomId.value = read()
})

export const hrefOf = (roomId: string) => `#/rooms/${encodeURIComponent(roomId)}`

export function openRoomAt(roomId: string, messageId?: string) {
  wantedMessage.value = messageId === undefined ? null : { roomId, messageId }
  location.hash = hrefOf(roomId)
}

export function leaveToList() {
  location.hash = '#/'
}
