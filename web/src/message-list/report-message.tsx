import type { Message } from '@chat/contract'
import { useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { closeDialog, Dialog, DialogActions } from '../ui/dialog.tsx'

const MAX_REASON = 1000

export function ReportMessage({ message }: { message: Message }) {
  const { chat, toasts } = useSession()
  const [reason, setReason] = useState('')
  const { dialogs, message: texts } = words.value
  const report = async () => {
    const { roomId, _id } = message
    const ask = () => chat.ask('reportMessage', { roomId, messageId: _id, reason: reason.trim() })
    if (await toasts.attempt(ask, dialogs.reported)) closeDialog()
  }
  const footer = (
    <DialogActions
      label={dialogs.reportAction}
      isDisabled={reason.trim() === ''}
      onAct={() => void report()}
    />
  )
  return (
    <Dialog title={texts.report} class="dialog-small" footer={footer}>
      <label class="field">
        <span>{dialogs.report}</span>
        <textarea
          rows={4}
          maxLength={MAX_REASON}
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
    </Dialog>
  )
}
