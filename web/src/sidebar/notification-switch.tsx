import { useEffect } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import type { DeviceState } from '../push/device.ts'
import {
  areNotificationsOn,
  canNotify,
  permission,
  refreshPermission,
  turnNotificationsOff,
  turnNotificationsOn,
} from '../session/notifications.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain-text.ts'
import { Button } from '../ui/button.tsx'
import { Switch } from '../ui/switch.tsx'

/** Turns notifications on or off, and explains what keeps them from working fully. */
export function NotificationSwitch() {
  const { device } = useSession()
  useEffect(refreshPermission, [])
  const turn = (isOn: boolean) => {
    if (isOn) return void turnNotificationsOn()
    turnNotificationsOff()
    void device.forget()
  }
  const isBlocked = permission.value === 'denied'
  const state = device.state.value
  return (
    <div class="with-hint">
      <Switch
        label={words.value.notifications.title}
        isOn={areNotificationsOn.value}
        isDisabled={isBlocked}
        describedBy="notifications-hint"
        onChange={turn}
      />
      <p id="notifications-hint" class="hint" role="status">
        {hintOf(isBlocked, state)}
      </p>
      {areNotificationsOn.value && state.state === 'failed' && (
        <Button look="quiet" onClick={() => void device.register()}>
          {words.value.retry}
        </Button>
      )}
    </div>
  )
}

function hintOf(isBlocked: boolean, state: DeviceState): string {
  const { notifications } = words.value
  if (!canNotify) return notifications.impossible
  if (isBlocked) return notifications.blocked
  if (!areNotificationsOn.value) return notifications.off
  if (state.state === 'taken') return notifications.taken(plainName(state.by))
  return state.state === 'failed' ? notifications.failed(state.reason) : notifications[state.state]
}
