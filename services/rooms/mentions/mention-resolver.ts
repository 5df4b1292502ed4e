import { defaultName, type Input, type RoomEvents, type UserEvents } from '@chat/contract'
import { AnswerCache, type Bus } from '@chat/service'
import { userIdsOf } from '../store/documents.ts'
import type { Store } from '../store/store.ts'
import { NameMatcher } from './name-matcher.ts'

/** Rooms whose members' names are cached; a room has up to a thousand members. */
const MAX_ROOMS = 200
const MAX_MENTIONED = 50

type Names = {
  masters: ReadonlySet<string>
  members: ReadonlySet<string>
  ofAll: NameMatcher
  ofMasters: NameMatcher
}

/** Finds whom a text mentions. It caches the names of a room's members until the members or a name change, for 30 s
 * at most. */
export class MentionResolver {
  private readonly store: Store
  private readonly cache = new AnswerCache<Names>(MAX_ROOMS)
  /** The cached rooms of each user. */
  private readonly roomsOf = new Map<string, Set<string>>()

  constructor({ store, bus }: { store: Store; bus: Bus }) {
    this.store = store
    bus.subscribe(bus.subjects.everyRoom('access'), (event) =>
      this.cache.delete(event.json<RoomEvents['access']>().roomId),
    )
    bus.subscribe(bus.subjects.everyUser('renamed'), (event) => {
      const { userId } = event.json<UserEvents['renamed']>()
      for (const roomId of this.roomsOf.get(userId) ?? []) this.cache.delete(roomId)
      this.roomsOf.delete(userId)
    })
    // Events may have been missed.
    bus.onReconnect(() => this.cache.clear())
  }

  /** Members named by id first, then those named in the text, in its order; without those who have blocked the author. */
  async resolve(input: Input<'resolveMentions'>): Promise<string[]> {
    const { roomId, authorId, text, before, onlyMasters } = input
    const room = await this.cache.of(roomId, () => this.load(roomId))
    const visible = onlyMasters ? room.masters : room.members
    const names = onlyMasters ? room.ofMasters : room.ofAll
    const given = new Set(input.mentions.filter((userId) => visible.has(userId) || userId === authorId))
    // Of several members with the same name, those given by id are meant.
    const decided = (namesakes: string[]) => {
      const meant = namesakes.filter((userId) => given.has(userId))
      return meant.length > 0 ? meant : namesakes
    }
    const byName = names.in(text).flatMap(decided)
    // Whom only the old text of an edited message mentioned, only the new text can mention.
    const inOldText = new Set(before === undefined ? [] : names.in(before).flat())
    const byId = [...given].filter((userId) => !inOldText.has(userId) && room.members.has(userId))
    const mentioned = [...new Set([...byId, ...byName])]
    const blockers = await this.store.users.blockersOf(authorId, mentioned)
    return mentioned.filter((userId) => !blockers.has(userId)).slice(0, MAX_MENTIONED)
  }

  private async load(roomId: string): Promise<Names> {
    const members = await this.store.members.pick([roomId], 'master')
    // Before the names are read, so that no change of a name is missed.
    for (const { userId } of members) this.watch(userId, roomId)
    const ids = userIdsOf(members)
    const nickNames = await this.store.users.nickNames(ids)
    const named = ids.map((userId) => ({ userId, nickName: nickNames.get(userId) ?? defaultName(userId) }))
    const masters = new Set(members.flatMap(({ userId, master }) => (master ? userId : [])))
    return {
      masters,
      members: new Set(ids),
      ofAll: new NameMatcher(named),
      ofMasters: new NameMatcher(named.filter(({ userId }) => masters.has(userId))),
    }
  }

  private watch(userId: string, roomId: string) {
    if (this.roomsOf.size > MAX_ROOMS * 1_000) {
      this.cache.clear()
      this.roomsOf.clear()
    }
    const rooms = this.roomsOf.get(userId) ?? new Set()
    this.roomsOf.set(userId, rooms.add(roomId))
  }
}
