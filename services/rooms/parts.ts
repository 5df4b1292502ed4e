import type { Bus } from '@chat/service'
import type { Access } from './access.ts'
import type { Announcing } from './announcing.ts'
import type { Blocking } from './blocking.ts'
import type { Claims } from './claims.ts'
import type { Directory } from './directory.ts'
import type { Facts } from './facts.ts'
import type { Following } from './following.ts'
import type { Gone } from './gone.ts'
import type { Members } from './members.ts'
import type { Mentions } from './mentions.ts'
import type { Mutes } from './mutes.ts'
import type { Store } from './store.ts'
import type { Viewing } from './viewing.ts'

/** What the rules about rooms are built on. */
export type Parts = {
  store: Store
  bus: Bus
  directory: Directory
  facts: Facts
  members: Members
  blocking: Blocking
  access: Access
  gone: Gone
  claims: Claims
  viewing: Viewing
  announcing: Announcing
  following: Following
  mutes: Mutes
  mentions: Mentions
  /** UTF-16 units. */
  textLength: number
}
