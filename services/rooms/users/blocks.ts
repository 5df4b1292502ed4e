import { Fault, type User } from '@chat/contract'
import { type Bus, isDuplicate } from '@chat/service'
import { presentUser } from '../room/presenter.ts'
import { type BlockDoc, blockId } from '../store/documents.ts'
import type { RoomStore } from '../store/store.ts'
import type { Directory } from './directory.ts'

type Block = Pick<BlockDoc, 'userId' | 'blockedId'>

/** Whom people do not want to hear from. */
export class Blocks {
  private readonly store: RoomStore
  private readonly directory: Directory
  private readonly bus: Bus
  constructor(store: RoomStore, directory: Directory, bus: Bus) {
    this.store = store
    this.directory = directory
    this.bus = bus
  }

  /** @throws WRONG_TARGET_USER_IDS for oneself, USER_NO_EXISTS */
  async block(userId: string, blockedId: string): Promise<void> {
    if (userId === blockedId) throw new Fault('WRONG_TARGET_USER_IDS')
    if ((await this.directory.known([blockedId])).length === 0) throw new Fault('USER_NO_EXISTS')
    const block = { _id: blockId(userId, blockedId), userId, blockedId, createdAt: new Date() }
    await this.store.blocks.insertMany([block]).catch((error) => {
      if (!isDuplicate(error)) throw error
    })
    await this.tell(userId)
  }

  async unblock(userId: string, blockedId: string): Promise<void> {
    await this.store.blocks.deleteOne({ _id: blockId(userId, blockedId) })
    await this.tell(userId)
  }

  async blockedBy(userId: string): Promise<string[]> {
    const blocks = await this.store.blocks.find({ userId }, { blockedId: 1 }).lean()
    return blocks.map((block) => block.blockedId)
  }

  async list(userId: string): Promise<User[]> {
    const blocked = await this.blockedBy(userId)
    const users = await this.directory.profiles(blocked)
    return blocked.map((id) => presentUser(id, users.get(id)))
  }

  /** Those of `userIds` who have blocked this user. */
  async blockersOf(userId: string, userIds: string[]): Promise<Set<string>> {
    const blocks = await this.among(userIds.map((id) => ({ userId: id, blockedId: userId })))
    return new Set(blocks.map((block) => block.userId))
  }

  /** Which of these blocks there are. */
  async among(pairs: Block[]): Promise<Block[]> {
    if (pairs.length === 0) return []
    const ids = pairs.map(({ userId, blockedId }) => blockId(userId, blockedId))
    const found = await this.store.blocks.find({ _id: { $in: ids } }, { userId: 1, blockedId: 1 }).lean()
    return found.map(({ userId, blockedId }) => ({ userId, blockedId }))
  }

  private async tell(userId: string) {
    this.bus.publishUser(userId, 'blocks', { userId, blocked: await this.blockedBy(userId) })
  }
}
