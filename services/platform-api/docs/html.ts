/** Safe between tags and in quoted attributes. */
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

/** Markup, as opposed to text. */
export type Html = { markup: string }
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
