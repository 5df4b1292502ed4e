import { idsOf, type MemberDoc } from '../store/documents.ts'
import type { Transaction } from '../store/models.ts'
import type { Store } from '../store/store.ts'

type Muted<M> = M & { mutedUntil: Date }

export const isMuted = <M extends Pick<MemberDoc, 'mutedUntil'>>(member: M): member is Muted<M> =>
  member.mutedUntil != null && member.mutedUntil.getTime() > Date.now()

/** Who leaves and comes back is as muted as before. */
export const keepMutes = (store: Store, leaving: MemberDoc[], transaction: Transaction): Promise<void> =>
  store.mutes.put(
    leaving.filter(isMuted).map(({ _id, userId, mutedUntil }) => ({ _id, userId, mutedUntil })),
    transaction,
  )

/** @returns the members with the mutes that were kept for them */
export async function restoreMutes(store: Store, joining: MemberDoc[], transaction: Transaction) {
  const ids = idsOf(joining)
  const until = await store.mutes.take(ids, transaction)
  return joining.map((member) => ({ ...member, mutedUntil: until.get(member._id) ?? null }))
}
