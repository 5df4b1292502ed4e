// Messages between the page and its worker. Types only: the worker is built as one file.

/** A notification to show. */
export type NotificationContent = {
  title: string
  body: string
  roomId?: string
  messageId?: string
  /** The user it is for; a push does not say. */
  userId?: string
}

/** `askState` comes with a port, through which the page answers with its `WindowState`. */
export type PageMessage = { kind: 'openRoom'; roomId: string } | { kind: 'askState'; roomId: string | null }

export type WindowState = {
  /** The signed-in user. */
  userId: string
  /** Whether this browser is registered for that user's pushes. */
  getsPushes: boolean
  /** Whether the page is visible and shows the room. */
  isRoomVisible: boolean
}
