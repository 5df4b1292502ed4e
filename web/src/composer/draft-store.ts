/** What was being written in each room, for as long as the tab is open. */
const key = (roomId: string) => `chat:draft:${roomId}`

export const keptDraft = (roomId: string) => sessionStorage.getItem(key(roomId)) ?? ''

export function keepDraft(roomId: string, text: string) {
  if (text === '') sessionStorage.removeItem(key(roomId))
  else sessionStorage.setItem(key(roomId), text)
}
