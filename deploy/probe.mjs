// Exits with 0 if the process in this container is ready: node deploy/probe.mjs [port]
const [port = '3002'] = process.argv.slice(2)
const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`)
process.exit(ok ? 0 : 1)
