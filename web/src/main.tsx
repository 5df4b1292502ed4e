import { render } from 'preact'
import { App } from './app.tsx'
import './session/theme.ts'
import './styles/index.css'

render(<App />, document.getElementById('app') as HTMLElement)
if ('serviceWorker' in navigator) void navigator.serviceWorker.register('/worker.js').catch(() => {})
