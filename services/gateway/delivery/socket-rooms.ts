/** The socket.io room of the sockets that have a chat room open. */
export const openRoom = (roomId: string) => `open:${roomId}`
