import { Type } from 'typebox'
import { IssuedAt, optional } from '../../schemas/values.ts'
import { FileLink, WantedFile } from '../client/files.ts'
import { forServices } from '../operation.ts'

export const fileInternals = forServices('files', {
  openFile: {
    summary: "A link to a file that a message in any of the caller's rooms refers to",
    /** `issuedAt`: when the asker's token was issued. */
    input: Type.Object({ ...WantedFile, ...optional({ issuedAt: IssuedAt }) }),
    output: FileLink,
    errors: ['FILE_NO_EXISTS', 'TOKEN_INVALID'],
  },
})
