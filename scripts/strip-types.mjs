// jest's transform: the same type stripping that node does when it runs the sources as they are.
import { stripTypeScriptTypes } from 'node:module'

export default {
  process: (source, path) => ({
    code: path.endsWith('.ts') ? stripTypeScriptTypes(source, { mode: 'strip' }) : source,
  }),
}
