import { computed, effect, signal } from '@preact/signals'
import { en, type Words } from './en.ts'
import { ko } from './ko.ts'

export const languages = { ko, en } satisfies Record<string, Words>
export type Language = keyof typeof languages

const KEY = 'chat:language'
const isLanguage = (value: string | null): value is Language =>
  value !== null && Object.hasOwn(languages, value)

function preferred(): Language {
  const stored = localStorage.getItem(KEY)
  if (isLanguage(stored)) return stored
  return navigator.language.startsWith('ko') ? 'ko' : 'en'
}

export const language = signal<Language>(preferred())
/** The page's texts in the current language. */
export const words = computed<Words>(() => languages[language.value])

effect(() => {
  document.documentElement.lang = language.value
  localStorage.setItem(KEY, language.value)
})
