export const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; color: #1b1f24; background: #fff }
nav a { margin-right: 1rem }
h2 { border-bottom: 1px solid #d0d7de; margin-top: 2.5rem }
h3 { margin-bottom: 0.25rem }
code, pre { font-family: ui-monospace, monospace; font-size: 0.875rem }
pre { background: #f6f8fa; border-radius: 6px; overflow-x: auto; padding: 0.75rem; white-space: pre-wrap }
.method { background: #0a5; border-radius: 4px; color: #fff; padding: 0 0.4rem; text-transform: uppercase }
dt { font-weight: 600 } dd { margin-left: 1rem }
@media (prefers-color-scheme: dark) { body { color: #e6edf3; background: #0d1117 } pre { background: #161b22 } a { color: #6cb6ff } }
`

/** Safe between tags and in quoted attributes. */
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

/** Markup, as opposed to text. */
type Html = { markup: string }
type Piece = string | number | Html | Piece[]

const rendered = (piece: Piece): string => {
  if (Array.isArray(piece)) return piece.map(rendered).join('')
  return typeof piece === 'object' ? piece.markup : escaped(String(piece))
}

/** A template of markup. Values that are not markup are escaped. */
export const html = (parts: TemplateStringsArray, ...pieces: Piece[]): Html => ({
  markup: String.raw({ raw: parts }, ...pieces.map(rendered)),
})

export const page = (title: string, intro: string, body: Piece): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/style.css"></head>
<body><header><h1>${title}</h1><p>${intro}</p>
<nav><a href="/docs">Platform API</a> <a href="/openapi.json">openapi.json</a> <a href="/docs/socket">Socket side</a> <a href="/asyncapi.json">asyncapi.json</a></nav></header>
<main>${body}</main></body></html>`.markup
