import type { User } from '@chat/contract'
import { useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { openRoom } from '../session/route.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain-text.ts'
import { truncate } from '../text/truncate.ts'
import { closeDialog, Dialog, DialogActions } from '../ui/dialog.tsx'
import { PeoplePicker } from './people-picker.tsx'

const MAX_NAME = 100

export function CreateRoom() {
  const { chat, me, toasts } = useSession()
  const [picked, setPicked] = useState<User[]>([])
  const [name, setName] = useState('')
  const [isBusy, setBusy] = useState(false)
  const { dialogs } = words.value
  const names = [me, ...picked].map(({ nickName }) => plainName(nickName))
  const fallback = truncate(names.join(', '), MAX_NAME)
  const create = async () => {
    setBusy(true)
    const users = picked.map(({ _id }) => _id)
    const rules = { canInviteMemebrs: true, canLeaveOutRoom: true }
    const isDone = await toasts.attempt(async () => {
      const room = await chat.ask('createNewRoom', { users, name: name.trim() || fallback, rules })
      openRoom(room._id)
    })
    setBusy(false)
    if (isDone) closeDialog()
  }
  const footer = (
    <DialogActions
      label={dialogs.createAction}
      isDisabled={picked.length === 0 || isBusy}
      onAct={() => void create()}
    />
  )
  return (
    <Dialog title={dialogs.create} footer={footer}>
      <PeoplePicker picked={picked} onPick={setPicked} />
      <label class="field">
        <span>{dialogs.name}</span>
        <input
          value={name}
          placeholder={fallback}
          maxLength={MAX_NAME}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
    </Dialog>
  )
}
