import { language } from './words.ts'

const DAY_MS = 86_400_000

/** Formatters are cached: creating one is slow. */
const formatters = new Map<string, Intl.DateTimeFormat>()
function format(moment: string, shape: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify([language.value, shape])
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat(language.value, shape)
  formatters.set(key, formatter)
  return formatter.format(new Date(moment))
}

export const dayKey = (moment: string) => new Date(moment).toDateString()
export const timeOf = (moment: string) => format(moment, { hour: 'numeric', minute: '2-digit' })
export const fullTimeOf = (moment: string) => format(moment, { dateStyle: 'full', timeStyle: 'short' })

export function dayOf(moment: string): string {
  const isThisYear = new Date(moment).getFullYear() === new Date().getFullYear()
  return format(moment, {
    weekday: 'long',
    month: 'long',
    day: 'numeric',
    ...(!isThisYear && { year: 'numeric' }),
  })
}

/** The time today, the weekday this week, otherwise the date. */
export function shortMoment(moment: string): string {
  const age = Date.now() - Date.parse(moment)
  if (dayKey(moment) === new Date().toDateString()) return timeOf(moment)
  if (age < 6 * DAY_MS) return format(moment, { weekday: 'short' })
  return format(moment, { month: 'numeric', day: 'numeric', ...(age > 300 * DAY_MS && { year: '2-digit' }) })
}

export function sizeOf(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return new Intl.NumberFormat(language.value, {
    style: 'unit',
    unit: units[power] as string,
    // The short English form is "15 byte".
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(bytes / 1000 ** power)
}

/** A duration as minutes and seconds, for example 3:05. */
export const lengthOf = (seconds: number) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`
