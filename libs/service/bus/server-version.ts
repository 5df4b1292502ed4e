/** The first nats-server that sets a consumer back to a place in the stream. */
const NEEDED = { major: 2, minor: 14 }

/** @returns why a nats-server of this version cannot be used, or null. One whose version says nothing is let in. */
export function tooOld(version: string): string | null {
  const [major, minor] = /^v?(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? []
  if (major === undefined || minor === undefined) return null
  if (major > NEEDED.major || (major === NEEDED.major && minor >= NEEDED.minor)) return null
  return `nats-server ${version} is too old: ${NEEDED.major}.${NEEDED.minor} or newer is needed`
}
