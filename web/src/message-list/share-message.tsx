import type { Message } from '@chat/contract'
import { useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { newSyncKey } from '../session/uploads.ts'
import { plainName } from '../text/plain-text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { closeDialog, Dialog, DialogActions } from '../ui/dialog.tsx'
import { SearchField } from '../ui/search-field.tsx'

const SHOWN = 100

/** Posts a message again in other rooms of the user. */
export function ShareMessage({ message }: { message: Message }) {
  const { chat, rooms, toasts } = useSession()
  const [keyword, setKeyword] = useState('')
  const [picked, setPicked] = useState<readonly string[]>([])
  const { dialogs, rooms: texts } = words.value
  const mayReceive = rooms.all.value.filter(({ rules }) => !rules.isFreezed)
  const found = mayReceive.filter(({ name }) => name.toLowerCase().includes(keyword.trim().toLowerCase()))
  const toggle = (id: string) =>
    setPicked(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id])
  const share = async () => {
    const { roomId, _id } = message
    const request = { roomId, messageId: _id, targetRoomIds: [...picked], syncKey: newSyncKey() }
    if (await toasts.attempt(() => chat.ask('shareMessage', request), dialogs.shared)) closeDialog()
  }
  const footer = (
    <DialogActions label={dialogs.shareAction} isDisabled={picked.length === 0} onAct={() => void share()} />
  )
  return (
    <Dialog title={dialogs.share} footer={footer}>
      <SearchField label={texts.search} value={keyword} onInput={setKeyword} isFocused />
      <div class="people-found">
        {found.slice(0, SHOWN).map((room) => (
          <label key={room._id} class="person">
            <Avatar id={room._id} name={room.name} size="small" />
            <span class="person-name">{plainName(room.name)}</span>
            <input type="checkbox" checked={picked.includes(room._id)} onChange={() => toggle(room._id)} />
          </label>
        ))}
      </div>
    </Dialog>
  )
}
