import { effect, signal } from '@preact/signals'

export type Theme = 'light' | 'dark' | 'system'
const KEY = 'chat:theme'
const isTheme = (value: string | null): value is Theme =>
  value === 'light' || value === 'dark' || value === 'system'

const stored = localStorage.getItem(KEY)
export const theme = signal<Theme>(isTheme(stored) ? stored : 'system')

const darkness = matchMedia('(prefers-color-scheme: dark)')
const isDark = signal(darkness.matches)
darkness.addEventListener('change', ({ matches }) => {
  isDark.value = matches
})

effect(() => {
  localStorage.setItem(KEY, theme.value)
  const preferred = isDark.value ? 'dark' : 'light'
  document.documentElement.dataset.theme = theme.value === 'system' ? preferred : theme.value
})
