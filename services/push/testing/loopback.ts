import { readFileSync } from 'node:fs'
import http2 from 'node:http2'
import { Socket } from 'node:net'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'

// For tests only. The FCM library has its hosts in code: in a test's process these names resolve to a server on this
// machine, whose certificate is trusted.

/**
 * Key and certificate of that server, created once by
 * openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=fcm-stand-in
 * -addext subjectAltName=DNS:fcm.googleapis.com,DNS:oauth2.googleapis.com -keyout - -out -
 */
export const pem = readFileSync(fileURLToPath(new URL('./fcm-stand-in.pem', import.meta.url)), 'utf8')
const certificate = pem.slice(pem.indexOf('-----BEGIN CERTIFICATE'))

type Address = { host?: string; port?: number }
type Connect = (this: Socket, ...args: unknown[]) => Socket

/** From now on this process's requests to Google go to `port`. @returns a function that ends this */
export function reachGoogleAt(port: number): () => void {
  const [authorities, ways] = [tls.getCACertificates(), [redirectSockets(port), mendSchemes()]]
  tls.setDefaultCACertificates([...authorities, certificate])
  return () => {
    tls.setDefaultCACertificates(authorities)
    for (const restore of ways) restore()
  }
}

function redirectSockets(port: number) {
  const original = Socket.prototype.connect as Connect
  const redirected: Connect = function (...args) {
    const [first, done] = args.flat() as [Address | undefined, unknown]
    if (typeof first !== 'object' || !first.host?.endsWith('.googleapis.com'))
      return original.apply(this, args)
    return original.call(this, { ...first, host: '127.0.0.1', port }, done)
  }
  Socket.prototype.connect = redirected as typeof Socket.prototype.connect
  return () => {
    Socket.prototype.connect = original as typeof Socket.prototype.connect
  }
}

/** The library sends the scheme `https:` instead of `https`. Google accepts that, Node's server does not. */
function mendSchemes() {
  const original = http2.connect as (...args: unknown[]) => http2.ClientHttp2Session
  const mended: typeof original = (...args) => {
    const session = original(...args)
    const request = session.request.bind(session)
    session.request = (headers, more) => request({ ...headers, ':scheme': 'https' } as typeof headers, more)
    return session
  }
  http2.connect = mended as typeof http2.connect
  return () => {
    http2.connect = original as typeof http2.connect
  }
}
