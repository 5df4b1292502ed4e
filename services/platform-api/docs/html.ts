/** Text that is safe between tags and in quoted attributes. */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Markup, as against text. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Piece = string | number | Html | Piece[]
const rendered = (piece: Piece): string => {
  if (Array.isArray(piece)) return piece.map(rendered).join('')
  return piece instanceof Html ? piece.markup : escaped(String(piece))
}

/** A template whose values are text unless they are markup already. */
export const html = (parts: TemplateStringsArray, ...pieces: Piece[]) =>
  new Html(
    parts
      .map((part, index) => part + (index < pieces.length ? rendered(pieces[index] as Piece) : ''))
      .join(''),
  )

/** A whole page, with its way to the other one. */
export const page = (title: string, intro: string, body: Piece): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/docs/style.css"></head>
<body><header><h1>${title}</h1><p>${intro}</p>
<nav><a href="/docs">Platform API</a> <a href="/openapi.json">openapi.json</a> <a href="/docs/socket">Socket side</a> <a href="/asyncapi.json">asyncapi.json</a></nav></header>
<main>${body}</main></body></html>`.markup
