import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const gateway = `http://127.0.0.1:${process.env.CHAT_GATEWAY_PORT ?? 3000}`

/** The page, and beside it the worker under a name that stays: browsers look for it there. */
export default defineConfig({
  root: here('.'),
  build: {
    outDir: here('./dist'),
    emptyOutDir: true,
    target: 'es2023',
    // The page's policy lets nothing inline: every file is one.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { page: here('./index.html'), worker: here('./src/worker.ts') },
      output: {
        entryFileNames: ({ name }) => (name === 'worker' ? 'worker.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: { proxy: { '/demo': gateway, '/files': gateway, '/socket.io': { target: gateway, ws: true } } },
})
