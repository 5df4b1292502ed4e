import { isInAddress, isWhole, normalised } from '@chat/contract'

export type Named = { userId: string; nickName: string }

/** Mentions looked for in one text. */
const MAX_PLACES = 200

export class NameMatcher {
  /** User ids by normalised nickName. */
  private readonly holders: Map<string, string[]>
  /** By their first character, longest first. */
  private readonly names: Map<string, string[]>

  constructor(people: Named[]) {
    const byName = Map.groupBy(people, ({ nickName }) => normalised(nickName))
    byName.delete('')
    this.holders = new Map([...byName].map(([name, named]) => [name, named.map(({ userId }) => userId)]))
    const longest = [...byName.keys()].sort((a, b) => b.length - a.length)
    this.names = Map.groupBy(longest, (name) => name.charAt(0))
  }

  /** The users of each `@nickName`; the longest name counts. In Korean a particle may follow directly ("@민수야"). */
  in(text: string): string[][] {
    const whole = normalised(text)
    const found: string[][] = []
    for (let at = whole.indexOf('@'), places = 0; at !== -1 && places < MAX_PLACES; places++) {
      const name = this.at(whole, at)
      if (name !== undefined) found.push(this.holders.get(name) ?? [])
      at = whole.indexOf('@', at + 1 + (name?.length ?? 0))
    }
    return found
  }

  private at(text: string, at: number): string | undefined {
    if (isInAddress(text.charAt(at - 1))) return undefined
    const candidates = this.names.get(text.charAt(at + 1)) ?? []
    return candidates.find(
      (name) => text.startsWith(name, at + 1) && isWhole(name, text.slice(at + 1 + name.length)),
    )
  }
}
