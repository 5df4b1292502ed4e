import type { Caller, MentionState, Output, Viewer } from '@chat/contract'
import type { Limits, TokenBucket } from '@chat/service'
import { LRUCache } from 'lru-cache'
import type { DefaultEventsMap, Namespace, Socket } from 'socket.io'
import type { Identity } from './auth.ts'
import { userRates } from './rate-limits.ts'

type OpenRooms = {
  open: (roomId: string, joined: Output<'joinRoom'>) => Promise<void>
  close: (roomId: string) => void
}
/** What the gateway keeps with a socket: `identity` once its token is good, the rest once it is let in. */
type SocketData = { identity: Identity; session?: Session; rate?: TokenBucket; openRooms?: OpenRooms }
export type ClientSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>
export type Clients = Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>

type Mention = Pick<MentionState, 'at' | 'isOn'>
/** The user as a viewer of one room. `states`: the latest state of each mention beyond the cursor, by seq. */
export type Membership = Viewer & { states: Map<number, Mention> }
type LoadedRoom = Output<'openSession'>['rooms'][number]

const MAX_ANNOUNCED = 200

/** A user on this gateway: their sockets, and their membership in each of their rooms. */
export class Session {
  readonly userId: string
  readonly sockets = new Set<ClientSocket>()
  /** When the newest token of its sockets was issued, in seconds since the epoch. */
  issuedAt: number
  /** Tokens issued before are revoked. */
  issuedFrom = 0
  readonly rates: ReturnType<typeof userRates>
  readonly profile: Identity['profile']
  rooms = new Map<string, Membership>()
  blocked: ReadonlySet<string> = new Set()
  /** Made when needed: an LRUCache allocates for all of its entries. */
  private announced: LRUCache<string, true> | null = null
  /** When the user was removed from rooms (the room's `updatedAt`): an older answer does not bring them back. */
  private readonly removals = new Map<string, string>()
  /** Own messages that were acked here and that rooms has not confirmed: room → seq. */
  private readonly sent = new Map<string, number>()

  constructor({ userId, issuedAt, profile }: Identity, limits: Limits) {
    this.userId = userId
    this.profile = profile
    this.issuedAt = issuedAt
    this.rates = userRates(limits)
  }

  caller(requestId: string): Caller {
    const caller: Caller = { userId: this.userId, requestId }
    if (this.sent.size > 0) caller.sent = [...this.sent]
    return caller
  }

  /** Adds a membership that was loaded, unless it has ended since. @returns whether it was added */
  addRoom({ roomId, member, readSeq, mentions = [] }: LoadedRoom): boolean {
    if (member.createdAt <= (this.removals.get(roomId) ?? '')) return false
    const states = new Map(mentions.map(({ seq, at }) => [seq, { at, isOn: true }]))
    this.rooms.set(roomId, { member, readSeq, states, mentions: [...states.keys()] })
    return true
  }

  /** Ends a membership, unless another one has begun since. @returns whether the user was in the room until now */
  removeRoom(roomId: string, at: string): boolean {
    this.removals.set(roomId, at)
    const viewer = this.rooms.get(roomId)
    return viewer !== undefined && viewer.member.createdAt <= at && this.rooms.delete(roomId)
  }

  /** Of two states of a mention the later one counts. @returns whether the number of mentions changed */
  noteMention({ roomId, seq, at, isOn }: MentionState): boolean {
    const viewer = this.rooms.get(roomId)
    const known = viewer?.states.get(seq)
    if (!viewer || seq <= viewer.readSeq || (known?.at ?? '') > at) return false
    viewer.states.set(seq, { at, isOn })
    dropReadMentions(viewer)
    return (known?.isOn ?? false) !== isOn
  }

  /** @returns whether the clients are to be sent this message as a mention: once each */
  announceMention(messageId: string): boolean {
    this.announced ??= new LRUCache({ max: MAX_ANNOUNCED })
    if (this.announced.has(messageId)) return false
    this.announced.set(messageId, true)
    return true
  }

  /** A send was acked: the author has read up to it at once. */
  noteSent(roomId: string, seq: number) {
    const viewer = this.rooms.get(roomId)
    if (viewer && viewer.readSeq >= seq) return
    if (viewer) moveCursor(viewer, seq)
    this.sent.set(roomId, Math.max(seq, this.sent.get(roomId) ?? 0))
  }

  noteCursor(roomId: string, readSeq: number) {
    const viewer = this.rooms.get(roomId)
    if (viewer) moveCursor(viewer, Math.max(viewer.readSeq, readSeq))
    if ((this.sent.get(roomId) ?? 0) <= readSeq) this.sent.delete(roomId)
  }

  emit(event: string, payload: unknown) {
    for (const socket of this.sockets) socket.emit(event, payload)
  }
}

function moveCursor(viewer: Membership, readSeq: number) {
  viewer.readSeq = readSeq
  if (viewer.states.size > 0) dropReadMentions(viewer)
}

function dropReadMentions(viewer: Membership) {
  for (const seq of viewer.states.keys()) if (seq <= viewer.readSeq) viewer.states.delete(seq)
  viewer.mentions = [...viewer.states].flatMap(([seq, { isOn }]) => (isOn ? seq : []))
}
