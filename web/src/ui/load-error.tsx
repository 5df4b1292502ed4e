import { words } from '../i18n/words.ts'
import { textOfError } from '../session/notices.ts'
import { Button } from './button.tsx'

/** Where a list would stand that did not come: it is not empty. */
export const LoadError = ({ error, onRetry }: { error: unknown; onRetry: () => void }) => (
  <div class="failed" role="alert">
    <p>{textOfError(error)}</p>
    <Button onClick={onRetry}>{words.value.retry}</Button>
  </div>
)
