import { Fault, type User } from '@chat/contract'
import type { Parts } from '../parts.ts'
import { presentUser } from '../room/presenter.ts'

/** @throws WRONG_TARGET_USER_IDS for oneself, USER_NO_EXISTS */
export async function blockUser(parts: Parts, userId: string, blockedId: string): Promise<void> {
  const { store } = parts
  if (userId === blockedId) throw new Fault('WRONG_TARGET_USER_IDS')
  if (!(await store.users.nickNames([blockedId])).has(blockedId)) throw new Fault('USER_NO_EXISTS')
  await store.users.block(userId, blockedId)
  await publishBlocks(parts, userId)
}

export async function unblockUser(parts: Parts, userId: string, blockedId: string): Promise<void> {
  await parts.store.users.unblock(userId, blockedId)
  await publishBlocks(parts, userId)
}

export async function listBlocked({ store }: Parts, userId: string): Promise<User[]> {
  const blocked = await store.users.blockedBy(userId)
  const users = await store.users.getMany(blocked)
  return blocked.map((id) => presentUser(id, users.get(id)))
}

async function publishBlocks({ store, bus }: Parts, userId: string) {
  bus.publishUser(userId, 'blocks', { userId, blocked: await store.users.blockedBy(userId) })
}
