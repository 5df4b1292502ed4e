import { Fault } from '@chat/contract'
import type { Operation, Parts } from '../parts.ts'
import { presentUser } from '../room/presenter.ts'

/** @throws WRONG_TARGET_USER_IDS for oneself, USER_NO_EXISTS */
export const blockUser: Operation<'blockUser'> = async (parts, caller, { userId: blockedId }) => {
  const { users } = parts.store
  if (caller.userId === blockedId) throw new Fault('WRONG_TARGET_USER_IDS')
  if (!(await users.nickNames([blockedId])).has(blockedId)) throw new Fault('USER_NO_EXISTS')
  await users.block(caller.userId, blockedId)
  await publishBlocks(parts, caller.userId)
  return { result: true }
}

export const unblockUser: Operation<'unblockUser'> = async (parts, caller, { userId: blockedId }) => {
  await unblock(parts, caller.userId, blockedId)
  return { result: true }
}

export async function unblock(parts: Parts, userId: string, blockedId: string): Promise<void> {
  await parts.store.users.unblock(userId, blockedId)
  await publishBlocks(parts, userId)
}

export const listBlocked: Operation<'listBlocked'> = async ({ store }, { userId }) => {
  const blocked = await store.users.blockedBy(userId)
  const users = await store.users.getMany(blocked)
  return { list: blocked.map((id) => presentUser(id, users.get(id))) }
}

export const blocksOf: Operation<'blocksOf'> = async ({ store }, _caller, userId) => ({
  blocked: await store.users.blockedBy(userId),
})

async function publishBlocks({ store, bus }: Parts, userId: string) {
  bus.publishUser(userId, 'blocks', { userId, blocked: await store.users.blockedBy(userId) })
}
