import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connectPlain, eventually, mintToken, startTestStack, testSecret } from '@chat/testing'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'

// Tokens of another issuer, verified with its published keys. The identity provider here is a server on loopback.

let provider: Server
let keysUrl: string
let answer: { status: number; body: string }
let keySet: string
const keys: Record<string, { privateKey: CryptoKey; publicKey: CryptoKey }> = {}
const stacks: Awaited<ReturnType<typeof startTestStack>>[] = []

beforeAll(async () => {
  provider = createServer((_request, response) => response.writeHead(answer.status).end(answer.body)).listen(
    0,
    '127.0.0.1',
  )
  await once(provider, 'listening')
  keysUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/keys`
  for (const alg of ['RS256', 'ES256']) keys[alg] = await generateKeyPair(alg, { extractable: true })
  const published = await Promise.all(
    Object.entries(keys).map(async ([alg, { publicKey }]) => ({
      ...(await exportJWK(publicKey)),
      kid: alg,
      alg,
      use: 'sig',
    })),
  )
  keySet = JSON.stringify({ keys: published })
  answer = { status: 200, body: keySet }
})
afterEach(async () => {
  answer = { status: 200, body: keySet }
  await Promise.all(stacks.splice(0).map((stack) => stack.close()))
})
afterAll(() => {
  provider.close()
})

/** A stack whose tokens come from the provider. Each stack fetches the keys itself. */
async function start(jwksUrl = keysUrl, secret: string | null = null) {
  const auth = { secret, jwksUrl, issuer: null, audience: null, userClaim: 'sub' }
  const stack = await startTestStack({ config: { auth } })
  stacks.push(stack)
  return async (token: string) => {
    try {
      const client = await connectPlain(stack.gatewayUrl, token)
      client.close()
      return 'let in'
    } catch (error) {
      return (error as { data?: { code: string } }).data?.code
    }
  }
}

const sign = (alg: string, key: CryptoKey | Uint8Array, kid = alg) =>
  new SignJWT({ sub: 'alice', exp: Math.floor(Date.now() / 1000) + 3_600 })
    .setProtectedHeader({ alg, kid })
    .sign(key)
const privateKey = (alg: string) => keys[alg]?.privateKey as CryptoKey

test('tokens signed with a key of the set connect; others do not', async () => {
  const enter = await start()
  expect(await enter(await sign('RS256', privateKey('RS256')))).toBe('let in')
  expect(await enter(await sign('ES256', privateKey('ES256')))).toBe('let in')
  const stranger = await generateKeyPair('RS256')
  expect(await enter(await sign('RS256', stranger.privateKey))).toBe('TOKEN_INVALID')
  expect(await enter(await sign('RS256', stranger.privateKey, 'no-such-key'))).toBe('TOKEN_INVALID')
  expect(await enter(await mintToken(testSecret, { sub: 'alice' }))).toBe('TOKEN_INVALID')
})

test('a public key is not accepted as a shared secret, in any encoding', async () => {
  for (const secret of [null, testSecret]) {
    const enter = await start(keysUrl, secret)
    const publicKey = keys.RS256?.publicKey as CryptoKey
    const pem = await exportSPKI(publicKey)
    const jwk = await exportJWK(publicKey)
    for (const spelling of [pem, pem.trim(), JSON.stringify(jwk), jwk.n as string, keySet]) {
      for (const kid of ['RS256', 'none']) {
        expect(await enter(await sign('HS256', new TextEncoder().encode(spelling), kid))).toBe(
          'TOKEN_INVALID',
        )
      }
    }
  }
})

test('both a secret and a key set may be configured', async () => {
  const enter = await start(keysUrl, testSecret)
  expect(await enter(await mintToken(testSecret, { sub: 'alice' }))).toBe('let in')
  expect(await enter(await sign('RS256', privateKey('RS256')))).toBe('let in')
})

test.each([
  ['an error', { status: 500, body: 'down' }],
  ['a redirect', { status: 302, body: '' }],
  ['no JSON', { status: 200, body: '<html>' }],
  ['no key set', { status: 200, body: '{"keys":5}' }],
])('a provider that answers with %s is SERVICE_UNAVAILABLE until it recovers', async (_, wrong) => {
  answer = wrong
  const enter = await start()
  const token = await sign('RS256', privateKey('RS256'))
  expect(await enter(token)).toBe('SERVICE_UNAVAILABLE')
  answer = { status: 200, body: keySet }
  await eventually(async () => expect(await enter(token)).toBe('let in'))
})

test('a key set that cannot be fetched is SERVICE_UNAVAILABLE', async () => {
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  gone.close()
  const enter = await start(`http://127.0.0.1:${port}/keys`)
  expect(await enter(await sign('RS256', privateKey('RS256')))).toBe('SERVICE_UNAVAILABLE')
  // A token that needs no key to be refused is TOKEN_INVALID.
  expect(await enter('garbage')).toBe('TOKEN_INVALID')
})
