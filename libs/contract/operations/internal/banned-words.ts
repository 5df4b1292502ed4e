import { Type } from 'typebox'
import { LongText, RoomId } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

export const wordInternals = forServices('messages', {
  screenText: {
    summary: 'What may be said in a room in place of a text: the text itself, or what is left of it',
    input: Type.Object({ roomId: RoomId, text: LongText }),
    output: Type.Object({ text: Type.String() }),
    errors: ['MESSAGE_HAS_BANNED_WORD'],
  },
})
