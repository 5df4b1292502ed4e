import { Fault, type Input, MAX_ALIKES, normalised } from '@chat/contract'
import type { Bus } from '@chat/service'

/** A name that is part of very many others is compared with the first of them. */
const PAGES = 50
const PAGE = 100

export type ErasedNames = Required<Pick<Input<'eraseUserInMessages'>, 'nickName' | 'alikes'>>

/** What texts may call somebody by, and who else is called alike; null for one whom the directory does not know. */
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
  for (let page = 0; page < PAGES && name !== ''; page++) {
    const wanted: Input<'searchUsers'> = { keyword: nickName, limit: PAGE, ...(cursor && { cursor }) }
    const { list, nextCursor } = await bus.ask('searchUsers', caller, wanted)
    for (const other of list)
      if (other._id !== userId && normalised(other.nickName).startsWith(name))
        alikes.push({ userId: other._id, nickName: other.nickName })
    if (nextCursor === null || alikes.length >= MAX_ALIKES) break
    cursor = nextCursor
  }
  return { nickName, alikes: alikes.slice(0, MAX_ALIKES) }
}
