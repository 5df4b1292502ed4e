import { type Author, Fault, normalised } from '@chat/contract'
import { readPage } from '../key-page.ts'
import type { Operation, Parts } from '../parts.ts'
import { presentUser } from '../room/presenter.ts'
import { idsOf, type Profile, type UserDoc } from '../store/documents.ts'
import type { Store } from '../store/store.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100
/** Read at a time, because only some of them may match. */
const CHUNK = 200

// The directory: everybody who has connected, been named by a platform or been given a token.

export async function saveUsers({ store, bus }: Parts, profiles: Profile[]): Promise<void> {
  if (profiles.length === 0) return
  const known = await store.users.nickNames(idsOf(profiles))
  const names = new Map(profiles.map(({ _id, nickName }) => [_id, nickName]))
  const created = await store.users.save(profiles)
  for (const [userId, before] of known)
    if ((names.get(userId) ?? before) !== before) bus.publishUser(userId, 'renamed', { userId })
  // Tokens from before an erasure stay revoked when the user is created again.
  for (const [userId, issuedFrom] of await store.users.erasedAmong(created))
    await store.users.revokeTokens(userId, issuedFrom)
}

/** For a user who connects. @param issuedAt in seconds @throws TOKEN_INVALID if they were erased after it */
export async function refreshUser(parts: Parts, profile: Profile, issuedAt: number): Promise<UserDoc> {
  const { users } = parts.store
  const known = await users.get(profile._id)
  if (known && issuedAt < (known.issuedFrom ?? 0)) return known
  if (!known && issuedAt < ((await users.erasedAmong([profile._id])).get(profile._id) ?? 0))
    throw new Fault('TOKEN_INVALID')
  const isCurrent =
    (profile.nickName ?? known?.nickName) === known?.nickName &&
    (profile.profileUrl ?? known?.profileUrl) === known?.profileUrl
  if (known && isCurrent) return known
  await saveUsers(parts, [profile])
  return requireUser(parts.store, profile._id)
}

/** @throws USER_NO_EXISTS */
export async function requireUser(store: Store, userId: string): Promise<UserDoc> {
  const user = await store.users.get(userId)
  if (!user) throw new Fault('USER_NO_EXISTS')
  return user
}

export async function authorOf(store: Store, userId: string): Promise<Author> {
  const { _id, ...profile } = presentUser(userId, (await store.users.get(userId)) ?? undefined)
  return { authorId: _id, ...profile }
}

export const describeUsers: Operation<'describeUsers'> = async ({ store }, _caller, { userIds }) => ({
  users: [...(await store.users.getMany(userIds)).values()].map((user) => presentUser(user._id, user)),
})

export const saveUser: Operation<'saveUser'> = async (parts, _caller, { userId, ...profile }) => {
  await saveUsers(parts, [{ _id: userId, ...profile }])
  return { result: true }
}

export const searchUsers: Operation<'searchUsers'> = async ({ store }, _caller, input) => {
  const { keyword, limit = DEFAULT_LIMIT, cursor } = input
  const text = normalised(keyword)
  if (text === '') throw new Fault('INVALID_REQUEST', { message: 'The keyword is empty' })
  const matches = ({ nickName }: UserDoc) => normalised(nickName).includes(text)
  return readPage(
    { cursor, limit: Math.min(limit, MAX_LIMIT), chunk: CHUNK },
    (after) => store.users.search(text, after, CHUNK),
    ({ _id }) => _id,
    (users) => users.filter(matches).map((user) => presentUser(user._id, user)),
  )
}
