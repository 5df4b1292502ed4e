// What the page and its worker say to each other: types alone, since the worker is one file that imports nothing.

/** Something to be shown by the browser itself. */
export type Notice = {
  title: string
  body: string
  roomId?: string
  messageId?: string
  /** Whose it is, where that is known: a push does not tell. */
  userId?: string
}

/** `about`: what has this tab to do with the room? It answers through the port that comes with the question. */
export type ToPage = { kind: 'open'; roomId: string } | { kind: 'about'; roomId: string | null }

export type Standing = {
  /** Who is signed in. */
  userId: string
  /** Pushes that come to this browser are theirs. */
  isReached: boolean
  /** The room is in front of their eyes. */
  isLookedAt: boolean
}
