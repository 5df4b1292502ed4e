import { setTimeout as delay } from 'node:timers/promises'
import { type Caller, Fault, type Input, type Output } from '@chat/contract'
import { type Bucket, type Bus, FreshAnswers } from '@chat/service'
import { type ObjectStore, pathOfThumbnail, THUMBNAIL_TYPE } from '../storage/object-store.ts'
import type { ReferenceStore } from '../storage/reference-store.ts'
import { dispositionOf, servedType } from './disposition.ts'

/** A client may ask for a message's file before this service has consumed the message's event. */
const RETRY_AFTER_MS = [0, 50, 150, 300]

type Link = Output<'getFileUrl'>
type Wanted = Omit<Input<'openFile'>, 'issuedAt'>
type Parts = {
  store: ReferenceStore
  objects: ObjectStore
  bucket: Bucket
  bus: Bus
  seconds: number
}

/** Signed links to files. Every request asks for membership, so that after the ack of a kick there are no new links. */
export class DownloadLinks {
  private readonly parts: Parts
  /** A page of pictures asks for all of them at once. */
  private readonly rooms = new FreshAnswers<Output<'roomsOfUser'>>()

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** @throws ROOM_NO_EXISTS, FILE_NO_EXISTS where no message of this room refers to the file */
  async inRoom(caller: Caller, { roomId, ...input }: Input<'getFileUrl'>): Promise<Link> {
    const wanted = resolve(input)
    return this.link(wanted, async () => {
      const { master } = await this.access(caller, roomId)
      const [room] = await this.parts.store.roomsOf(wanted.path, [roomId])
      return room !== undefined && (master || !room.isHidden)
    })
  }

  /** Looks in the caller's rooms, and never tells of files elsewhere. @throws FILE_NO_EXISTS, TOKEN_INVALID */
  async inAnyRoom(caller: Caller, { issuedAt = 0, ...input }: Input<'openFile'>): Promise<Link> {
    const wanted = resolve(input)
    return this.link(wanted, async () => {
      const ask = () => this.parts.bus.ask('roomsOfUser', caller, caller.userId)
      const { roomIds, issuedFrom } = await this.rooms.of(caller.userId, ask)
      if (issuedAt < (issuedFrom ?? 0)) throw new Fault('TOKEN_INVALID')
      const rooms = await this.parts.store.roomsOf(wanted.path, roomIds)
      return rooms.some(({ isHidden }) => !isHidden) || this.isMasterOfAny(caller, rooms)
    })
  }

  private async isMasterOfAny(caller: Caller, rooms: { roomId: string }[]): Promise<boolean> {
    for (const { roomId } of rooms) {
      const access = await this.access(caller, roomId).catch((error) => {
        if (error instanceof Fault && error.code === 'ROOM_NO_EXISTS') return null
        throw error
      })
      if (access?.master) return true
    }
    return false
  }

  private access(caller: Caller, roomId: string) {
    return this.parts.bus.ask('roomAccess', caller, { roomId, userId: caller.userId })
  }

  private async link(wanted: Wanted, isAllowed: () => Promise<boolean>): Promise<Link> {
    for (const pause of RETRY_AFTER_MS) {
      if (pause > 0) await delay(pause)
      if (await isAllowed()) return this.sign(wanted)
    }
    throw new Fault('FILE_NO_EXISTS')
  }

  private async sign({ path, thumbnail = false, download = false }: Wanted): Promise<Link> {
    const { objects, seconds, bucket } = this.parts
    const object = await objects.find(path)
    const target = thumbnail ? object?.thumbnail : path
    if (!object || !target) throw new Fault('FILE_NO_EXISTS')
    const name = thumbnail ? `${object.name}.webp` : object.name
    const mediaType = thumbnail ? THUMBNAIL_TYPE : object.mediaType
    const expiresAt = new Date(Date.now() + seconds * 1000).toISOString()
    const disposition = dispositionOf(name, mediaType, download)
    const url = await bucket.linkToRead(target, { seconds, mediaType: servedType(mediaType), disposition })
    return { url, expiresAt }
  }
}

/** The path of a thumbnail is accepted, too. */
function resolve(wanted: Wanted): Wanted {
  const path = pathOfThumbnail(wanted.path)
  return path === null ? wanted : { ...wanted, path, thumbnail: true }
}
