import { type Input, succeeded } from '@chat/contract'
import type Router from '@koa/router'
import type { Context } from 'koa'
import { type Asking, bodyOf, callerOf } from './asking.ts'

type Change = 'putBannedWords' | 'addBannedWords' | 'removeBannedWords'
const METHODS = { put: 'putBannedWords', post: 'addBannedWords', delete: 'removeBannedWords' } as const
const PATHS = ['/v1/banned-words', '/v1/rooms/:id/banned-words']

/** The lists of words for everyone, and of one room. */
export function routeBannedWords(router: Router, { bus }: Asking) {
  const whereOf = ({ params }: Context) => (params.id === undefined ? {} : { roomId: params.id as string })
  const change = (name: Change) => async (context: Context) => {
    const input = { ...bodyOf(context), roomId: undefined, ...whereOf(context) } as Input<Change>
    context.body = succeeded(await bus.ask(name, callerOf(context), input as Input<'putBannedWords'>))
  }
  for (const path of PATHS) {
    router.get(path, async (context) => {
      context.body = succeeded(await bus.ask('listBannedWords', callerOf(context), whereOf(context)))
    })
    router.put(path, change(METHODS.put))
    router.post(path, change(METHODS.post))
    router.delete(path, change(METHODS.delete))
  }
}
