import type { Route } from './route.ts'

const tag = 'exports'
const all = '/v1/exports'

export const exportRoutes: Route[] = [
  { method: 'post', path: all, tag, status: 201, operation: 'startExport' },
  { method: 'get', path: all, tag, operation: 'listExports' },
  { method: 'get', path: `${all}/{exportId}`, tag, operation: 'getExport' },
]
