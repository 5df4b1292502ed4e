import { setTimeout as delay } from 'node:timers/promises'
import { type Caller, Fault, type Input, type Output } from '@chat/contract'
import { type Bucket, type Bus, FreshAnswers } from '@chat/service'
import { type ObjectDoc, type ObjectStore, pathOfThumbnail, THUMBNAIL_TYPE } from '../storage/object-store.ts'
import type { ReferenceStore } from '../storage/reference-store.ts'
import { dispositionOf, servedType } from './disposition.ts'

/** Whoever hears of a message may ask for its file before the message has come here. */
const LOOKS_AFTER_MS = [0, 50, 150, 300]

type Link = Output<'getFileUrl'>
type Wanted = Omit<Input<'openFile'>, 'issuedAt'>

type Parts = {
  store: ReferenceStore
  objects: ObjectStore
  bucket: Bucket
  bus: Bus
  /** How long a link opens. */
  seconds: number
}

/**
 * Links to files, for those who are in a room that refers to them. Membership is asked for each time: from the ack of a
 * kick on there are no more.
 */
export class DownloadLinks {
  private readonly parts: Parts
  /** A page of pictures asks for all of them at once, and each look asks again. */
  private readonly rooms = new FreshAnswers<Output<'roomsOfUser'>>()

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** @throws ROOM_NO_EXISTS, and FILE_NO_EXISTS where the room does not refer to it, whatever other rooms do */
  async inRoom(caller: Caller, { roomId, ...input }: Input<'getFileUrl'>): Promise<Link> {
    const wanted = resolved(input)
    return this.link(wanted, async () => {
      const { master } = await this.access(caller, roomId)
      const [room] = await this.parts.store.roomsOf(wanted.path, [roomId])
      return room !== undefined && (master || !room.isHidden)
    })
  }

  /**
   * One answer, after the same questions, for files of others and files that never were.
   * @throws FILE_NO_EXISTS, TOKEN_INVALID where the token that asks is revoked
   */
  async anywhere(caller: Caller, { issuedAt = 0, ...input }: Input<'openFile'>): Promise<Link> {
    const wanted = resolved(input)
    return this.link(wanted, async () => {
      const { userId } = caller
      const asked = this.rooms.of(userId, () => this.parts.bus.ask('roomsOfUser', caller, userId))
      const { roomIds, issuedFrom } = await asked
      if (issuedAt < (issuedFrom ?? 0)) throw new Fault('TOKEN_INVALID')
      const rooms = await this.parts.store.roomsOf(wanted.path, roomIds)
      return rooms.some(({ isHidden }) => !isHidden) || this.isMasterOfAny(caller, rooms)
    })
  }

  /** What is hidden is left to masters. */
  private async isMasterOfAny(caller: Caller, rooms: { roomId: string }[]): Promise<boolean> {
    for (const { roomId } of rooms) {
      const access = await this.access(caller, roomId).catch(orNull('ROOM_NO_EXISTS'))
      if (access?.master) return true
    }
    return false
  }

  private access(caller: Caller, roomId: string) {
    return this.parts.bus.ask('roomAccess', caller, { roomId, userId: caller.userId })
  }

  private async link(wanted: Wanted, isOpen: () => Promise<boolean>): Promise<Link> {
    for (const pause of LOOKS_AFTER_MS) {
      if (pause > 0) await delay(pause)
      if (await isOpen()) return this.signed(wanted)
    }
    throw new Fault('FILE_NO_EXISTS')
  }

  private async signed({ path, thumbnail = false, download = false }: Wanted): Promise<Link> {
    const object = await this.parts.objects.find(path)
    const shown = object && thumbnail ? thumbnailOf(object) : object
    if (!shown) throw new Fault('FILE_NO_EXISTS')
    const { seconds, bucket } = this.parts
    const expiresAt = new Date(Date.now() + seconds * 1000).toISOString()
    const url = await bucket.linkToRead(shown._id, {
      seconds,
      mediaType: servedType(shown.mediaType),
      disposition: dispositionOf(shown.name, shown.mediaType, download),
    })
    return { url, expiresAt }
  }
}

/** A thumbnail's own path will do as well. */
function resolved(wanted: Wanted): Wanted {
  const path = pathOfThumbnail(wanted.path)
  return path === null ? wanted : { ...wanted, path, thumbnail: true }
}

const thumbnailOf = ({ name, thumbnail }: ObjectDoc) =>
  thumbnail === null ? null : { _id: thumbnail, name: `${name}.webp`, mediaType: THUMBNAIL_TYPE }

const orNull = (code: string) => (error: unknown) => {
  if (error instanceof Fault && error.code === code) return null
  throw error
}
