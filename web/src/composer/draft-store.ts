/** The unsent text of each room, as long as the tab is open. */
const key = (roomId: string) => `chat:draft:${roomId}`

export const storedDraft = (roomId: string) => sessionStorage.getItem(key(roomId)) ?? ''

export function storeDraft(roomId: string, text: string) {
  if (text === '') sessionStorage.removeItem(key(roomId))
  else sessionStorage.setItem(key(roomId), text)
}
