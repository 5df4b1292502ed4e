import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A host that is, or resolves to, an address that is not public. */
export class PrivateAddress extends Error {
  override name = 'PrivateAddress'
  readonly code = 'PRIVATE_ADDRESS'
}

/** IANA's global unicast space. ipaddr.js names the special-purpose ranges in it. */
const PUBLIC_V6 = ipaddr.parseCIDR('2000::/3')
/** Azure's virtual public IP: a public address that reaches the host's own platform. */
const METADATA = new Set(['168.63.129.16'])

/** Whether an address is on the public Internet. One that wraps another address (mapped, 6to4, NAT64) is not. */
export function isPublic(address: string): boolean {
  // A zone names an interface of this machine.
  if (!ipaddr.isValid(address) || address.includes('%')) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast' || METADATA.has(parsed.toString())) return false
  return parsed.kind() === 'ipv4' || parsed.match(PUBLIC_V6)
}

/** The address in a URL without a name. URLs have IPv6 in brackets. */
const addressIn = (hostname: string) => {
  const bare = hostname.replace(/^\[|\]$/g, '')
  return ipaddr.isValid(bare) ? bare : null
}

export type Addresses = {
  mayBePrivate: boolean
  /** Checks a URL that has an address; a name is checked by `lookup`. @throws PrivateAddress */
  check: (url: URL) => void
  /** Resolves a name for a connection, which uses the addresses that were checked here. */
  lookup: LookupFunction
}

type Resolved = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void
type Resolve = (hostname: string, options: LookupAllOptions, resolved: Resolved) => void

/** @param mayBePrivate allows every address @param resolve default: the system's resolver */
export function addressesOf(mayBePrivate: boolean, resolve: Resolve = lookup): Addresses {
  const isAllowed = (address: string) => mayBePrivate || isPublic(address)
  return {
    mayBePrivate,
    check: ({ hostname }) => {
      const address = addressIn(hostname)
      if (address !== null && !isAllowed(address)) throw new PrivateAddress(`${hostname} is private`)
    },
    lookup: (hostname, options, answer) => {
      resolve(hostname, { ...options, all: true }, (error, found) => {
        if (error) return answer(error, '', 0)
        const [first] = found
        // A connection may try any of the addresses.
        if (!first || found.some(({ address }) => !isAllowed(address)))
          return answer(new PrivateAddress(`${hostname} leads into a private network`), '', 0)
        if (options.all) return answer(null, found)
        answer(null, first.address, first.family)
      })
    },
  }
}

/** A name that cannot be resolved passes: it may resolve later. @throws PrivateAddress */
export async function requirePublic(addresses: Addresses, url: URL): Promise<void> {
  addresses.check(url)
  if (addressIn(url.hostname) !== null) return
  const failure = await new Promise<Error | null>((done) =>
    addresses.lookup(url.hostname, { all: true }, (error) => done(error)),
  )
  if (failure instanceof PrivateAddress) throw failure
}
