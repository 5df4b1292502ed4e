import { useEffect, useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'

/** A connection that comes back at once is not worth a word. */
const PATIENCE_MS = 1_200

/** Tells that there is no connection, and what waits for it. */
export function ConnectionBar() {
  const { connection, drafts, leave } = useSession()
  const { state } = connection.value
  const isLost = useLasting(state === 'connecting' || state === 'reconnecting', PATIENCE_MS)
  const { connection: texts, menu } = words.value
  const waiting = drafts.value.filter(({ failure }) => failure === null).length
  if (state === 'closed')
    return (
      <div class="connection-bar" role="alert">
        <Icon name="alert" size={18} /> {texts.refused}
        <Button onClick={() => void leave()}>{menu.signOut}</Button>
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

/** True once it has been so for a while; the browser's own word that it is offline counts at once. */
function useLasting(isSo: boolean, ms: number): boolean {
  const [isLasting, setLasting] = useState(false)
  useEffect(() => {
    if (!isSo) return setLasting(false)
    const timer = setTimeout(() => setLasting(true), navigator.onLine ? ms : 0)
    return () => clearTimeout(timer)
  }, [isSo])
  return isLasting
}
