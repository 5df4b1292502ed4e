import { Fault, type Input, MAX_ALIKES, normalised } from '@chat/contract'
import type { Bus } from '@chat/service'

/** At most 5,000 search results are compared with the name. */
const MAX_PAGES = 50
const PAGE = 100

export type ErasedNames = Required<Pick<Input<'eraseUserInMessages'>, 'nickName' | 'alikes'>>

/** The user's name, and the users whose names begin with it; null for a user who is not in the directory. */
export async function namesOf(bus: Bus, userId: string): Promise<ErasedNames | null> {
  const caller = { userId: '', requestId: crypto.randomUUID() }
  const user = await bus.ask('getUser', caller, { userId }).catch((error) => {
    if (error instanceof Fault && error.code === 'USER_NO_EXISTS') return null
    throw error
  })
  if (!user) return null
  const { nickName } = user
  const name = normalised(nickName)
  const alikes: ErasedNames['alikes'] = []
  let cursor: string | null = null
  for (let page = 0; page < MAX_PAGES && name !== ''; page++) {
    const query: Input<'searchUsers'> = { keyword: nickName, limit: PAGE, ...(cursor && { cursor }) }
    const { list, nextCursor } = await bus.ask('searchUsers', caller, query)
    const others = list.filter(({ _id, nickName }) => _id !== userId && normalised(nickName).startsWith(name))
    alikes.push(...others.map(({ _id, nickName }) => ({ userId: _id, nickName })))
    if (nextCursor === null || alikes.length >= MAX_ALIKES) break
    cursor = nextCursor
  }
  return { nickName, alikes: alikes.slice(0, MAX_ALIKES) }
}
