const MAX_NUMBER = 9_999_999_999
const REMEMBERED_ROOMS = 50_000

type Source = {
  idOf: (roomId: string, number: number) => string
  /** The highest number among the documents of these ids that are stored; 0 where none is. */
  highestOf: (ids: string[]) => Promise<number>
}

/**
 * The last number of each room in a collection whose numbers have no gaps. It is searched by point reads: from the
 * last one known here that is one read, and a handful where nothing is known. Sorting and taking one is left to no
 * engine: some read the room.
 */
export class RoomSequence {
  private readonly source: Source
  /** The highest number seen here of each room; what is stored stays stored. */
  private readonly known = new Map<string, number>()

  constructor(source: Source) {
    this.source = source
  }

  /** A number that is stored. */
  note(roomId: string, number: number) {
    const known = this.known.get(roomId) ?? 0
    if (this.known.size >= REMEMBERED_ROOMS && known === 0)
      this.known.delete(this.known.keys().next().value as string)
    this.known.set(roomId, Math.max(known, number))
  }

  /** 0 where the room has none. */
  async last(roomId: string): Promise<number> {
    const known = this.known.get(roomId)
    const isLast = known !== undefined && (await this.highest(roomId, [known + 1])) === 0
    if (isLast) return known
    let last = known ?? 0
    const beyond = () => this.highest(roomId, probesAfter(last))
    for (let higher = await beyond(); higher > 0; higher = await beyond()) last = higher
    this.note(roomId, last)
    return last
  }

  private highest(roomId: string, numbers: number[]): Promise<number> {
    return this.source.highestOf(numbers.map((number) => this.source.idOf(roomId, number)))
  }
}

/** Each hexadecimal digit in each place, beyond `from`: every answer settles the highest digit that is left. */
export function probesAfter(from: number): number[] {
  const places = Array.from({ length: 9 }, (_, place) => 16 ** place)
  const digits = Array.from({ length: 15 }, (_, digit) => digit + 1)
  return places
    .flatMap((place) => digits.map((digit) => from + digit * place))
    .filter((number) => number <= MAX_NUMBER)
}

/** Ids from one number to another, both inclusive. */
export const idRange = (idOf: Source['idOf'], roomId: string, from: number, to: number) => ({
  _id: { $gte: idOf(roomId, Math.max(1, from)), $lte: idOf(roomId, Math.min(to, MAX_NUMBER)) },
})

/** All ids of a room. */
export const wholeRoom = (idOf: Source['idOf'], roomId: string) => idRange(idOf, roomId, 1, MAX_NUMBER)
