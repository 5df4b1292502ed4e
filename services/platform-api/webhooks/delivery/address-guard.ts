import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A name, or an address, that leads into a private network. */
export class PrivateAddress extends Error {
  override name = 'PrivateAddress'
  readonly code = 'PRIVATE_ADDRESS'
}

/** What is assigned to hosts on the public Internet: IANA's global unicast space, less what has a special purpose. */
const PUBLIC_V6 = ipaddr.parseCIDR('2000::/3')
/** Azure's, the same for every machine there: a public address that answers from inside. */
const METADATA = new Set(['168.63.129.16'])

/** Whether an address is one of the public Internet; what wraps another address (mapped, 6to4, NAT64) is not. */
export function isPublic(address: string): boolean {
  // A zone names an interface of this machine.
  if (!ipaddr.isValid(address) || address.includes('%')) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast' || METADATA.has(parsed.toString())) return false
  return parsed.kind() === 'ipv4' || parsed.match(PUBLIC_V6)
}

/** The address itself where a URL names one; URLs write it in brackets. */
const literal = (hostname: string) => {
  const bare = hostname.replace(/^\[|\]$/g, '')
  return ipaddr.isValid(bare) ? bare : null
}

/** Where a URL may lead. */
export type Addresses = {
  /** @throws PrivateAddress for an address; names are looked at when they are resolved */
  check: (url: URL) => void
  /** Resolves a name for a connection, which then goes to what was found here and nowhere else. */
  lookup: LookupFunction
}

type Found = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void
type Resolve = (hostname: string, options: LookupAllOptions, found: Found) => void

/** @param mayBePrivate lets everything through @param resolve names; as the system does without it */
export function addressesOf(mayBePrivate: boolean, resolve: Resolve = lookup): Addresses {
  const isAllowed = (address: string) => mayBePrivate || isPublic(address)
  return {
    check: ({ hostname }) => {
      const address = literal(hostname)
      if (address !== null && !isAllowed(address)) throw new PrivateAddress(`${hostname} is private`)
    },
    lookup: (hostname, options, answer) => {
      resolve(hostname, { ...options, all: true }, (error, found) => {
        if (error) return answer(error, '', 0)
        const [first] = found
        // One that is private among others is enough: a connection may try any of them.
        if (!first || found.some(({ address }) => !isAllowed(address)))
          return answer(new PrivateAddress(`${hostname} leads into a private network`), '', 0)
        if (options.all) return answer(null, found)
        answer(null, first.address, first.family)
      })
    },
  }
}

/** A name that is private now is refused now; one that cannot be resolved may be later. */
export async function requirePublic(addresses: Addresses, url: URL): Promise<void> {
  addresses.check(url)
  if (literal(url.hostname) !== null) return
  const failure = await new Promise<Error | null>((done) =>
    addresses.lookup(url.hostname, { all: true }, (error) => done(error)),
  )
  if (failure instanceof PrivateAddress) throw failure
}
