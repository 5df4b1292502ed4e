import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const gateway = `http://127.0.0.1:${process.env.CHAT_GATEWAY_PORT ?? 3000}`
/** Files of public/ that belong to the page. */
const PUBLIC = ['/icon.svg', '/app.webmanifest']

/** Gives the worker the list of the page's files, without those that are loaded on demand. */
const shell: Plugin = {
  name: 'shell',
  enforce: 'post',
  generateBundle(_options, bundle) {
    const hash = createHash('sha256')
    const paths = [...PUBLIC]
    for (const path of PUBLIC) hash.update(readFileSync(here(`./public${path}`)))
    for (const file of Object.values(bundle)) {
      const isLater = file.type === 'chunk' && (file.name === 'worker' || file.isDynamicEntry)
      if (isLater) continue
      paths.push(file.fileName === 'index.html' ? '/' : `/${file.fileName}`)
      hash.update(file.type === 'chunk' ? file.code : file.source)
    }
    const worker = bundle['worker.js']
    if (worker?.type !== 'chunk' || worker.imports.length > 0) throw new Error('The worker is not one file')
    const version = hash.digest('hex').slice(0, 12)
    worker.code = `const SHELL=${JSON.stringify({ version, paths })};${worker.code}`
  },
}

/** The page and its worker, whose name must stay the same: browsers update it under that name. */
export default defineConfig({
  root: here('.'),
  plugins: [shell],
  // Whatever NODE_ENV says: development JSX would contain the builder's paths.
  oxc: { jsx: { development: false } },
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    target: 'es2023',
    // The page's policy forbids inline content.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { page: here('./index.html'), worker: here('./src/worker/worker.ts') },
      output: {
        entryFileNames: ({ name }) => (name === 'worker' ? 'worker.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: { proxy: { '/demo': gateway, '/files': gateway, '/socket.io': { target: gateway, ws: true } } },
})
