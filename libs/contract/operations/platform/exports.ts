import { Type } from 'typebox'
import { PageOf, Paging } from '../../schemas/values.ts'
import { Export, ExportName, exportOperations, WantedExport } from '../client/exports.ts'
import { forServices } from '../operation.ts'

export const platformExports = forServices('messages', {
  startExport: {
    summary: 'A platform exports a room, as `exportMessages` does for a member',
    input: WantedExport,
    output: ExportName,
    errors: exportOperations.exportMessages.errors,
  },
  getExport: {
    summary: 'The progress of an export, and its link once it is ready',
    input: ExportName,
    output: Export,
    errors: ['FILE_NO_EXISTS'],
  },
  listExports: {
    summary: "Everybody's exports of the last day, newest first",
    input: Type.Object(Paging),
    output: PageOf(Export),
  },
})
