import { changeId } from '@chat/contract'
import {
  type Connection,
  type Database,
  isDuplicate,
  type LastNumber,
  modelOf,
  type Stored,
  storedIndex,
} from '@chat/service'
import type { ClientSession, Model } from 'mongoose'
import type { MessageDoc } from '../send/message-doc.ts'
import type { MessageStore } from '../send/message-store.ts'
import { ofRoom, roomRange, withIds } from '../send/room-ids.ts'

/** `erase`: a deletion that makes the author anonymous; `unmention`: an erased user is no longer mentioned. */
export type ChangeKind = 'edit' | 'delete' | 'hide' | 'show' | 'card' | 'erase' | 'unmention'
/** A change of a message, numbered per room from 1 without gaps. The primary key decides who gets a number. */
export type ChangeDoc = Stored & {
  _id: string
  roomId: string
  change: number
  messageId: string
  seq: number
  /** The user who made it; '' for a platform. */
  by: string
  kind: ChangeKind
  /** The text before an edit. It is deleted with the message. */
  text?: string
  /** Whom that text mentioned. */
  mentions?: string[]
  /** Whom an edit mentions for the first time. */
  mentioned?: string[]
  createdAt: Date
}
/** A change, and its message as it is now. */
type Changed = Pick<ChangeDoc, 'change' | 'mentioned'> & { doc: MessageDoc }

export class ChangeStore {
  readonly model: Model<ChangeDoc>
  private readonly connection: Connection
  private readonly messages: MessageStore
  private readonly lastChange: LastNumber

  constructor(connection: Connection, database: Database, messages: MessageStore) {
    this.connection = connection
    this.messages = messages
    this.model = modelOf(
      connection,
      'changes',
      [{ messageId: 1 }],
      // For the erasure of a user.
      [{ by: 1 }],
      [{ mentioned: 1 }, { sparse: true }],
      [{ mentions: 1 }, { sparse: true }],
      storedIndex,
    )
    this.lastChange = database.lastNumber(this.model, changeId)
  }

  /** The number of the room's last change; 0 when there is none. */
  last(roomId: string): Promise<number> {
    return this.lastChange.of(roomId)
  }

  /**
   * Stores a change and what it makes of the message, both or neither.
   * @returns false when somebody else has taken the number: the message may have changed
   */
  async store(change: ChangeDoc, message: MessageDoc): Promise<boolean> {
    try {
      await this.connection.transaction((session) => this.write(change, message, session))
      this.lastChange.note(change.roomId, change.change)
      return true
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
  }

  private async write(change: ChangeDoc, message: MessageDoc, session: ClientSession) {
    const { kind, messageId, roomId } = change
    await this.model.create([change], { session })
    if (kind === 'erase') await this.messages.replace(message, session)
    else await this.messages.update(message, session)
    if (kind !== 'delete' && kind !== 'erase') return
    await this.model.updateMany({ messageId, roomId }, { $unset: { text: 1, mentions: 1 } }, { session })
  }

  /** Changes from one number to another, both inclusive, in order. */
  async between(roomId: string, from: number, to: number): Promise<Changed[]> {
    const filter = roomRange(changeId, roomId, from, to)
    return this.withMessages(await this.model.find(filter).sort({ _id: 1 }).lean<ChangeDoc[]>())
  }

  async byIds(changeIds: string[]): Promise<Changed[]> {
    return this.withMessages(await this.model.find(withIds(changeIds)).lean<ChangeDoc[]>())
  }

  private async withMessages(changes: ChangeDoc[]): Promise<Changed[]> {
    const docs = await this.messages.byIds([...new Set(changes.map((change) => change.messageId))])
    const byId = new Map(docs.map((doc) => [doc._id, doc]))
    return changes.map(({ change, mentioned, messageId }) => {
      return { change, ...(mentioned && { mentioned }), doc: byId.get(messageId) as MessageDoc }
    })
  }

  /** The seqs of messages that a range of changes deleted or hid. */
  async goneBetween(roomId: string, from: number, to: number): Promise<number[]> {
    const kinds: ChangeKind[] = ['delete', 'hide', 'erase']
    const filter = { ...roomRange(changeId, roomId, from, to), kind: { $in: kinds } }
    const changes = await this.model.find(filter, { seq: 1 }).lean<{ seq: number }[]>()
    return changes.map(({ seq }) => seq)
  }

  async deleteRoom(roomId: string) {
    await this.model.deleteMany(ofRoom(changeId, roomId))
  }
}
