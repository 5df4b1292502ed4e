import { useEffect, useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'

/** Shorter interruptions are not shown. */
const DELAY_MS = 1_200

/** Shows that the connection is lost, and how many messages wait for it. */
export function ConnectionBar() {
  const { connection, drafts, signOut } = useSession()
  const { state } = connection.value
  const isLost = useDelayed(state === 'connecting' || state === 'reconnecting', DELAY_MS)
  const { connection: texts, menu } = words.value
  const waiting = drafts.value.filter(({ failure }) => failure === null).length
  if (state === 'closed')
    return (
      <div class="connection-bar" role="alert">
        <Icon name="alert" size={18} /> {texts.refused}
        <Button onClick={() => void signOut()}>{menu.signOut}</Button>
      </div>
    )
  return (
    <div role="status">
      {isLost && (
        <p class="connection-bar">
          <Icon name="offline" size={18} />
          <span>
            {state === 'connecting' && navigator.onLine ? texts.connecting : texts.offline}{' '}
            {waiting > 0 && <strong>{texts.waiting(waiting)}</strong>}
          </span>
        </p>
      )}
    </div>
  )
}

/** True once the condition has lasted for `ms`; at once if the browser reports that it is offline. */
function useDelayed(isNow: boolean, ms: number): boolean {
  const [hasLasted, setLasted] = useState(false)
  useEffect(() => {
    if (!isNow) return setLasted(false)
    const timer = setTimeout(() => setLasted(true), navigator.onLine ? ms : 0)
    return () => clearTimeout(timer)
  }, [isNow])
  return hasLasted
}
