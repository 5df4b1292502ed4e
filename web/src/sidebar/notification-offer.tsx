import { signal } from '@preact/signals'
import { words } from '../i18n/words.ts'
import { permission, turnNotificationsOn } from '../session/notifications.ts'
import { Button, IconButton } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'

const KEY = 'chat:offer-declined'
const isDeclined = signal(localStorage.getItem(KEY) !== null)

function decline() {
  localStorage.setItem(KEY, 'yes')
  isDeclined.value = true
}

/** Shown above the rooms until the user accepts or declines: only then does the browser ask for permission. */
export function NotificationOffer() {
  if (isDeclined.value || permission.value !== 'default') return null
  const { notifications } = words.value
  return (
    <aside class="offer" aria-label={notifications.title}>
      <Icon name="bell" size={18} />
      <p>{notifications.offer}</p>
      <Button look="quiet" onClick={() => void turnNotificationsOn()}>
        {notifications.turnOn}
      </Button>
      <IconButton icon="close" label={notifications.decline} onClick={decline} />
    </aside>
  )
}
