import { effect, signal } from '@preact/signals'

export type Theme = 'light' | 'dark' | 'system'
const KEY = 'chat:theme'
const isTheme = (value: string | null): value is Theme =>
  value === 'light' || value === 'dark' || value === 'system'

const stored = localStorage.getItem(KEY)
export const theme = signal<Theme>(isTheme(stored) ? stored : 'system')

effect(() => {
  localStorage.setItem(KEY, theme.value)
  document.documentElement.dataset.theme = theme.value
})
