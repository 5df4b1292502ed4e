import { type Input, succeeded } from '@chat/contract'
import type Router from '@koa/router'
import { type Asking, bodyOf, callerOf } from './asking.ts'

/** Rooms as files. */
export function routeExports(router: Router, { bus }: Asking) {
  router.post('/v1/exports', async (context) => {
    const input = bodyOf(context) as Input<'startExport'>
    context.body = succeeded(await bus.ask('startExport', callerOf(context), input))
  })
  router.get('/v1/exports', async (context) => {
    const { limit, cursor } = context.query
    const count = /^\d+$/.test(String(limit)) ? Number(limit) : limit
    const input = { ...(limit !== undefined && { limit: count }), ...(cursor !== undefined && { cursor }) }
    context.body = succeeded(await bus.ask('listExports', callerOf(context), input as Input<'listExports'>))
  })
  router.get('/v1/exports/:id', async (context) => {
    const exportId = context.params.id as string
    context.body = succeeded(await bus.ask('getExport', callerOf(context), { exportId }))
  })
}
