import { signal } from '@preact/signals'

export const tabs = ['people', 'gallery', 'settings'] as const
export type Tab = (typeof tabs)[number]

/** The panel beside the conversation, null if closed. */
export const shownPanel = signal<Tab | 'search' | null>(null)

export function togglePanel(panel: Tab | 'search') {
  const isDetails = shownPanel.value !== null && shownPanel.value !== 'search'
  const isShown = panel === 'search' ? shownPanel.value === 'search' : isDetails
  shownPanel.value = isShown ? null : panel
}
