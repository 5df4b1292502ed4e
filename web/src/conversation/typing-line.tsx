import type { Room } from '@chat/contract'

/** Who is writing. */
export const TypingLine = ({ room: _ }: { room: Room }) => <p class="typing" aria-live="polite" />
