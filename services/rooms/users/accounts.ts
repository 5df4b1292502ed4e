import { setTimeout as delay } from 'node:timers/promises'
import type { Output } from '@chat/contract'
import type { Operation, Parts } from '../parts.ts'
import { isConnected } from '../presence/presence.ts'
import type { UserDoc } from '../store/documents.ts'
import { requireUser, saveUsers } from './directory.ts'

type Account = Output<'getUser'>

/** @throws USER_NO_EXISTS */
export const getUser: Operation<'getUser'> = async ({ store }, _caller, { userId }) =>
  presentAccount(await requireUser(store, userId))

export const createUser: Operation<'createUser'> = async (parts, caller, profile) => {
  await saveUsers(parts, [profile])
  return getUser(parts, caller, { userId: profile._id })
}

/** All rooms of the user show the change at once. @throws USER_NO_EXISTS */
export const updateUser: Operation<'updateUser'> = async (parts, caller, { userId, ...profile }) => {
  const { store, broadcast } = parts
  await requireUser(store, userId)
  await saveUsers(parts, [{ _id: userId, ...profile }])
  for (const { roomId } of await store.members.ofUser(userId)) broadcast.publishSoon(roomId)
  return getUser(parts, caller, { userId })
}

/** For operators. @throws USER_NO_EXISTS */
export const inspectUser: Operation<'inspectUser'> = async ({ store, bus }, _caller, userId) => {
  const user = await requireUser(store, userId)
  return {
    user: presentAccount(user),
    online: await isConnected(bus, userId),
    roomCount: (await store.members.ofUser(userId)).length,
    lastSeenAt: user.seenAt?.toISOString() ?? null,
    issuedFrom: user.issuedFrom ? timestampOf(user.issuedFrom) : null,
  }
}

/** Resolves at the end of the present second, because tokens name only seconds. @throws USER_NO_EXISTS */
export const revokeTokens: Operation<'revokeTokens'> = async (parts, _caller, { userId }) => {
  await requireUser(parts.store, userId)
  return { result: true, issuedFrom: timestampOf(await revoke(parts, userId)) }
}

/** Revokes tokens, also of a user who is not in the directory any more. */
export async function closeAccount(parts: Parts, userId: string): Promise<void> {
  const issuedFrom = endOfSecond()
  await parts.store.users.markErased(userId, issuedFrom)
  await revoke(parts, userId, issuedFrom)
}

async function revoke({ store, bus }: Parts, userId: string, issuedFrom = endOfSecond()): Promise<number> {
  await store.users.revokeTokens(userId, issuedFrom)
  bus.publishUser(userId, 'revoked', { issuedFrom })
  await delay(Math.max(0, issuedFrom * 1000 - Date.now()))
  return issuedFrom
}

const timestampOf = (second: number) => new Date(second * 1000).toISOString()

const endOfSecond = () => Math.floor(Date.now() / 1000) + 1

const presentAccount = ({ _id, nickName, profileUrl, meta, createdAt }: UserDoc): Account => ({
  _id,
  nickName,
  profileUrl: profileUrl ?? null,
  meta: meta ?? null,
  createdAt: createdAt.toISOString(),
})
