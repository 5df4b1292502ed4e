import { defaultName, type Input, type RoomEvents, type UserEvents } from '@chat/contract'
import { AnswerCache, type Bus } from '@chat/service'
import type { RoomStore } from '../store/store.ts'
import type { Blocks } from '../users/blocks.ts'
import { NameMatcher } from './name-matcher.ts'

/** Rooms whose people's names are remembered; a room has up to a thousand. */
const MAX_ROOMS = 200
const MAX_MENTIONED = 50

type People = {
  masters: ReadonlySet<string>
  members: ReadonlySet<string>
  everybody: NameMatcher
  ofMasters: NameMatcher
}

/**
 * Whom a text mentions. The names of a room's people are kept until its members or one of their names change, of
 * which every instance hears.
 */
export class MentionResolver {
  private readonly store: RoomStore
  private readonly blocks: Blocks
  private readonly rooms = new AnswerCache<People>(MAX_ROOMS)
  /** Rooms by the people whose names are remembered for them. */
  private readonly roomsOf = new Map<string, Set<string>>()

  constructor({ store, bus, blocks }: { store: RoomStore; bus: Bus; blocks: Blocks }) {
    this.store = store
    this.blocks = blocks
    bus.subscribe(bus.subjects.everyRoom('access'), (event) =>
      this.rooms.drop(event.json<RoomEvents['access']>().roomId),
    )
    bus.subscribe(bus.subjects.everyUser('renamed'), (event) => {
      const { userId } = event.json<UserEvents['renamed']>()
      for (const roomId of this.roomsOf.get(userId) ?? []) this.rooms.drop(roomId)
      this.roomsOf.delete(userId)
    })
    // Events may have been missed.
    bus.onReconnect(() => this.rooms.clear())
  }

  /** Members by id first, then by name in the order of the text; those who have blocked the author are left out. */
  async resolve(input: Input<'resolveMentions'>): Promise<string[]> {
    const { roomId, authorId, text, before, onlyMasters } = input
    const people = await this.rooms.of(roomId, () => this.load(roomId))
    const known = onlyMasters ? people.masters : people.members
    const names = onlyMasters ? people.ofMasters : people.everybody
    const given = new Set(input.mentions.filter((userId) => known.has(userId) || userId === authorId))
    const decided = (namesakes: string[]) => {
      const wanted = namesakes.filter((userId) => given.has(userId))
      return wanted.length > 0 ? wanted : namesakes
    }
    const byName = names.in(text).flatMap(decided)
    // Of an edited message, those whom only its text mentioned are mentioned by its new text or not at all.
    const gone = new Set(before === undefined ? [] : names.in(before).flat())
    const byId = [...given].filter((userId) => !gone.has(userId) && people.members.has(userId))
    const mentioned = [...new Set([...byId, ...byName])]
    const blockers = await this.blocks.blockersOf(authorId, mentioned)
    return mentioned.filter((userId) => !blockers.has(userId)).slice(0, MAX_MENTIONED)
  }

  private async load(roomId: string): Promise<People> {
    const members = await this.store.members.find({ roomId }, { userId: 1, master: 1 }).lean()
    // From here on a new name is heard of.
    for (const { userId } of members) this.watch(userId, roomId)
    const ids = members.map(({ userId }) => userId)
    const users = await this.store.users.find({ _id: { $in: ids } }, { nickName: 1 }).lean()
    const nickNames = new Map(users.map((user) => [user._id, user.nickName]))
    const named = ids.map((userId) => ({ userId, nickName: nickNames.get(userId) ?? defaultName(userId) }))
    const masters = new Set(members.flatMap(({ userId, master }) => (master ? userId : [])))
    return {
      masters,
      members: new Set(ids),
      everybody: new NameMatcher(named),
      ofMasters: new NameMatcher(named.filter(({ userId }) => masters.has(userId))),
    }
  }

  private watch(userId: string, roomId: string) {
    if (this.roomsOf.size > MAX_ROOMS * 1_000) {
      this.rooms.clear()
      this.roomsOf.clear()
    }
    const rooms = this.roomsOf.get(userId) ?? new Set()
    this.roomsOf.set(userId, rooms.add(roomId))
  }
}
