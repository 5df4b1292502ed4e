// A minimal back end of a company: it identifies its visitors, keeps the API key secret, and gives each visitor a token.
// Start it with: CHAT_API_KEY=<the key> node server.mjs
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const platform = process.env.CHAT_PLATFORM_URL ?? 'http://127.0.0.1:3001'
const gateway = process.env.CHAT_GATEWAY_URL ?? 'ws://127.0.0.1:3000'
const apiKey = process.env.CHAT_API_KEY
if (!apiKey) throw new Error('Set CHAT_API_KEY to a key of the platform API; npm start prints one')

/** In your own app: `node_modules/@chat/client/chat.min.js`, or your bundler's output. */
const client = process.env.CHAT_CLIENT ?? new URL('../../libs/client/dist/chat.min.js', import.meta.url)

async function callPlatform(path, body) {
  const response = await fetch(platform + path, {
    method: 'POST',
    headers: { 'chat-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { ok: response.ok, ...(await response.json()) }
}

/** Replace with your own session: here the address names the visitor. */
const visitorOf = (url) => url.searchParams.get('as') ?? 'guest'

/** The visitor's support room: created once, then found by its link. */
async function supportRoom(visitor) {
  const answer = await callPlatform('/chat/room', {
    name: `Support for ${visitor}`,
    roomType: 'GROUP',
    joinUsers: [
      { _id: 'support', nickName: 'Support', master: true },
      { _id: visitor, nickName: visitor },
    ],
    link: { sid: `support-${visitor}`, name: 'Support' },
  })
  return answer.ok ? answer._id : answer.data.roomId
}

const routes = {
  '/': async () => ['text/html; charset=utf-8', await readFile(new URL('page.html', import.meta.url))],
  '/page.js': async () => ['text/javascript', await readFile(new URL('page.js', import.meta.url))],
  '/chat.min.js': async () => ['text/javascript', await readFile(client)],
  '/session': async (url) => {
    const visitor = visitorOf(url)
    const roomId = await supportRoom(visitor)
    const { data } = await callPlatform(`/v1/users/${encodeURIComponent(visitor)}/token`, {
      nickName: visitor,
    })
    return ['application/json', JSON.stringify({ token: data.token, roomId, gateway })]
  },
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost')
  const route = routes[url.pathname]
  try {
    if (!route) return response.writeHead(404).end()
    const [type, body] = await route(url)
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
  } catch (error) {
    console.error(error)
    response.writeHead(502).end()
  }
})
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/?as=ann`)
})
