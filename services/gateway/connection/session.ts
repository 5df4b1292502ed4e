import type { Caller, MentionState, Output, Viewer } from '@chat/contract'
import type { Limits } from '@chat/service'
import type { Socket } from 'socket.io'
import type { Identity } from './auth.ts'
import { userRates } from './rate-limits.ts'

type Mention = Pick<MentionState, 'at' | 'isOn'>
/** As a member they look at a room, by what is known of each mention: of two things told of it the later counts. */
export type Membership = Viewer & { known: Map<number, Mention> }
type Loaded = Output<'openSession'>['rooms'][number]

/** Mentions of which their clients were told lately. */
const TOLD = 200

/** A user on this gateway: their sockets, and where they stand in each of their rooms. */
export class Session {
  readonly userId: string
  readonly sockets = new Set<Socket>()
  /** When the newest token was issued that opened it, in seconds since the epoch. */
  issuedAt: number
  /** Tokens issued before are revoked. */
  issuedFrom = 0
  readonly rates: ReturnType<typeof userRates>
  readonly profile: Pick<Identity, 'nickName' | 'profileUrl'>
  rooms = new Map<string, Membership>()
  /** Whom they have blocked. */
  blocked: ReadonlySet<string> = new Set()
  /** When they were taken out of rooms (`updatedAt` of the room): an older answer does not bring them back. */
  private readonly told = new Set<string>()
  private readonly removals = new Map<string, string>()
  /** Own messages that were acked here and that rooms has not confirmed: room → seq. */
  private readonly sent = new Map<string, number>()

  constructor({ userId, nickName, profileUrl, issuedAt }: Identity, limits: Limits) {
    this.userId = userId
    this.profile = {
      ...(nickName !== undefined && { nickName }),
      ...(profileUrl !== undefined && { profileUrl }),
    }
    this.issuedAt = issuedAt
    this.rates = userRates(limits)
  }

  caller(requestId: string): Caller {
    const caller: Caller = { userId: this.userId, requestId }
    if (this.sent.size > 0) caller.sent = [...this.sent]
    return caller
  }

  /** Takes in a membership, unless it ended since. @returns whether it stands */
  enter({ roomId, member, readSeq, mentions = [] }: Loaded): boolean {
    if (member.createdAt <= (this.removals.get(roomId) ?? '')) return false
    const known = new Map(mentions.map(({ seq, at }) => [seq, { at, isOn: true }]))
    this.rooms.set(roomId, { member, readSeq, known, mentions: [...known.keys()] })
    return true
  }

  /** A membership ended, unless another one has begun since. @returns whether they were in the room until now */
  exit(roomId: string, at: string): boolean {
    this.removals.set(roomId, at)
    const viewer = this.rooms.get(roomId)
    return viewer !== undefined && viewer.member.createdAt <= at && this.rooms.delete(roomId)
  }

  /** @returns whether that changes how many they have */
  noteMention({ roomId, seq, at, isOn }: MentionState): boolean {
    const viewer = this.rooms.get(roomId)
    const known = viewer?.known.get(seq)
    if (!viewer || seq <= viewer.readSeq || (known?.at ?? '') > at) return false
    viewer.known.set(seq, { at, isOn })
    forgetRead(viewer)
    return (known?.isOn ?? false) !== isOn
  }

  /** Whether their clients are yet to be told of a message that mentions them. */
  takeMention(messageId: string): boolean {
    if (this.told.has(messageId)) return false
    this.told.add(messageId)
    if (this.told.size > TOLD) this.told.delete(this.told.values().next().value as string)
    return true
  }

  /** A send was acked: the own cursor stands there, at once. */
  noteSent(roomId: string, seq: number) {
    const viewer = this.rooms.get(roomId)
    if (viewer && viewer.readSeq >= seq) return
    if (viewer) moveTo(viewer, seq)
    this.sent.set(roomId, Math.max(seq, this.sent.get(roomId) ?? 0))
  }

  /** Rooms has moved the cursor. */
  noteCursor(roomId: string, readSeq: number) {
    const viewer = this.rooms.get(roomId)
    if (viewer) moveTo(viewer, Math.max(viewer.readSeq, readSeq))
    if ((this.sent.get(roomId) ?? 0) <= readSeq) this.sent.delete(roomId)
  }

  emit(event: string, payload: unknown) {
    for (const socket of this.sockets) socket.emit(event, payload)
  }
}

function moveTo(viewer: Membership, readSeq: number) {
  viewer.readSeq = readSeq
  if (viewer.known.size > 0) forgetRead(viewer)
}

function forgetRead(viewer: Membership) {
  for (const seq of viewer.known.keys()) if (seq <= viewer.readSeq) viewer.known.delete(seq)
  viewer.mentions = [...viewer.known].flatMap(([seq, { isOn }]) => (isOn ? seq : []))
}
