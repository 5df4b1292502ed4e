import type { Room } from '@chat/contract'
import { useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { isMasterOf } from '../session/room-members.ts'
import { showRoomList } from '../session/route.ts'
import { useSession } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { confirmFirst } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { Switch } from '../ui/switch.tsx'
import { ExportRoom } from './export-room.tsx'

const ruleNames = [
  'canCopyMessage',
  'canCaptureMessage',
  'canDeleteMessage',
  'canShareMessage',
  'canInviteMemebrs',
  'canLeaveOutRoom',
  'canShowMemberList',
] as const

export function RoomSettings({ room }: { room: Room }) {
  const { chat, me, toasts } = useSession()
  const { settings } = words.value
  const isMaster = isMasterOf(room, me._id)
  const turnAlarm = (alarmOn: boolean) =>
    void toasts.attempt(() => chat.ask('roomAlarmTurnOnOff', { roomId: room._id, alarmOn }))
  const leave = () =>
    void toasts.attempt(async () => {
      await chat.ask('leaveOutRoom', room._id)
      showRoomList()
    })
  return (
    <div class="panel-body">
      <Switch label={settings.alarm} isOn={room.alarmOn} onChange={turnAlarm} />
      {isMaster && <MasterSettings room={room} />}
      <ExportRoom room={room} />
      {room.rules.canLeaveOutRoom && (
        <Button look="danger" onClick={() => confirmFirst(settings.leaveSure, settings.leave, leave)}>
          <Icon name="exit" size={18} /> {settings.leave}
        </Button>
      )}
    </div>
  )
}

function MasterSettings({ room }: { room: Room }) {
  const { chat, toasts } = useSession()
  const { settings } = words.value
  const change = (updateData: { name?: string; rules?: Partial<Room['rules']> }) =>
    void toasts.attempt(() => chat.ask('updateRoomSetting', { roomId: room._id, updateData }))
  const announce = (text: string) =>
    void toasts.attempt(() => chat.ask('setAnnouncement', { roomId: room._id, ...(text && { text }) }))
  const { isFreezed } = room.rules
  return (
    <>
      <Field
        label={settings.name}
        value={room.name}
        maxLength={100}
        isDisabled={isFreezed}
        onSave={(name) => name && change({ name })}
      />
      <Field
        label={settings.announcement}
        hint={settings.announcementHint}
        value={room.announcement?.text ?? ''}
        maxLength={4000}
        isDisabled={isFreezed}
        onSave={announce}
      />
      <section class="rules">
        <h3>{settings.rules}</h3>
        <Switch
          label={settings.frozen}
          isOn={isFreezed}
          onChange={(isOn) => change({ rules: { isFreezed: isOn } })}
        />
        {ruleNames.map((name) => (
          <Switch
            key={name}
            label={settings[name]}
            isOn={room.rules[name]}
            isDisabled={isFreezed}
            onChange={(isOn) => change({ rules: { [name]: isOn } })}
          />
        ))}
      </section>
    </>
  )
}

type FieldProps = {
  label: string
  hint?: string
  value: string
  maxLength: number
  isDisabled: boolean
  onSave: (value: string) => void
}

/** Saved on submit. Until then another master's change does not overwrite the typed text. */
function Field({ label, hint, value, maxLength, isDisabled, onSave }: FieldProps) {
  const [typed, setTyped] = useState<string | null>(null)
  const save = (event: Event) => {
    event.preventDefault()
    onSave((typed ?? value).trim())
    setTyped(null)
  }
  return (
    <form class="field" onSubmit={save}>
      <label>
        <span>{label}</span>
        <input
          value={typed ?? value}
          maxLength={maxLength}
          disabled={isDisabled}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      {hint && <small>{hint}</small>}
      {typed !== null && typed.trim() !== value && (
        <Button look="main" type="submit">
          {words.value.save}
        </Button>
      )}
    </form>
  )
}
