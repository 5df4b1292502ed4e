import { Type } from 'typebox'
import { LongText, RoomId } from '../../schemas/values.ts'
import { forServices } from '../operation.ts'

export const wordInternals = forServices('messages', {
  screenText: {
    summary: 'Apply the word filter: the text itself, or the masked text',
    input: Type.Object({ roomId: RoomId, text: LongText }),
    output: Type.Object({ text: Type.String() }),
    errors: ['MESSAGE_HAS_BANNED_WORD'],
  },
})
