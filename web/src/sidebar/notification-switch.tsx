import { useEffect } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import type { Reach } from '../push/device.ts'
import {
  areOn,
  canNotify,
  lookAtPermission,
  permission,
  turnNotificationsOff,
  turnNotificationsOn,
} from '../session/notifications.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain.ts'
import { Button } from '../ui/button.tsx'
import { Switch } from '../ui/small.tsx'

/** Whether what comes is shown by the browser, and what is missing where that goes less far than it could. */
export function NotificationSwitch() {
  const { device } = useSession()
  useEffect(lookAtPermission, [])
  const turn = (isOn: boolean) => {
    if (isOn) return void turnNotificationsOn()
    turnNotificationsOff()
    void device.forget()
  }
  const isBlocked = permission.value === 'denied'
  const reach = device.reach.value
  return (
    <div class="with-hint">
      <Switch
        label={words.value.notifications.title}
        isOn={areOn.value}
        isDisabled={isBlocked}
        describedBy="notifications-hint"
        onChange={turn}
      />
      <p id="notifications-hint" class="hint" role="status">
        {hintOf(isBlocked, reach)}
      </p>
      {areOn.value && reach.state === 'failed' && (
        <Button look="quiet" onClick={() => void device.register()}>
          {words.value.retry}
        </Button>
      )}
    </div>
  )
}

function hintOf(isBlocked: boolean, reach: Reach): string {
  const { notifications } = words.value
  if (!canNotify) return notifications.impossible
  if (isBlocked) return notifications.blocked
  if (!areOn.value) return notifications.off
  if (reach.state === 'taken') return notifications.taken(plainName(reach.by))
  return reach.state === 'failed' ? notifications.failed(reach.reason) : notifications[reach.state]
}
