import { asyncApi } from '@chat/contract'
import type { Context, Next } from 'koa'
import { STYLE } from './html.ts'
import { openApi } from './openapi.ts'
import { httpPage, socketPage } from './pages.ts'

/** The pages run no scripts and load only the stylesheet. */
const POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export function serveDocuments(namespace: string) {
  const http = openApi()
  const socket = asyncApi(namespace)
  const documents = new Map([
    ['/openapi.json', { type: 'application/json', body: JSON.stringify(http, null, 2) }],
    ['/asyncapi.json', { type: 'application/json', body: JSON.stringify(socket, null, 2) }],
    ['/docs', { type: 'text/html', body: httpPage(http) }],
    ['/docs/socket', { type: 'text/html', body: socketPage(socket) }],
    ['/docs/style.css', { type: 'text/css', body: STYLE }],
  ])
  return async (context: Context, next: Next) => {
    const document = documents.get(context.path)
    if (!document || (context.method !== 'GET' && context.method !== 'HEAD')) return next()
    context.set({ 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff' })
    context.type = document.type
    context.body = document.body
  }
}
