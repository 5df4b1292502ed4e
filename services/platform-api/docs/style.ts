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
