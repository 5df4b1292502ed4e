import { Type } from 'typebox'
import { IssuedAt } from '../../schemas/values.ts'
import { FileLink, WantedFile } from '../client/files.ts'
import { forServices } from '../operation.ts'

/** What the files service does for edges. */
export const fileInternals = forServices('files', {
  openFile: {
    summary: 'A link to a file that a message of any room of the caller refers to',
    input: Type.Object({
      ...WantedFile,
      /** When the token was issued that asks for it. */
      issuedAt: Type.Optional(IssuedAt),
    }),
    output: FileLink,
    errors: ['FILE_NO_EXISTS', 'TOKEN_INVALID'],
  },
})
