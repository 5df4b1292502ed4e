import type { Signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { type Language, language, languages, words } from '../i18n/words.ts'
import { isMentionAlarmOn, storeMentionAlarm } from '../session/notifications.ts'
import { useSession } from '../session/session.ts'
import { type Theme, theme } from '../session/theme.ts'
import { plainName } from '../text/plain-text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Button } from '../ui/button.tsx'
import { closeDialog, Dialog, openDialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { Switch } from '../ui/switch.tsx'
import { usePages } from '../ui/use-pages.ts'
import { NotificationSwitch } from './notification-switch.tsx'

/** Opens the user's settings: appearance, language, notifications, blocked users, sign-out. */
export function MySettingsButton() {
  const { me } = useSession()
  return (
    <button
      type="button"
      class="me"
      aria-label={words.value.menu.open}
      title={words.value.menu.open}
      onClick={() => openDialog(<MySettings />)}
    >
      <Avatar id={me._id} name={me.nickName} size="small" />
    </button>
  )
}

function MySettings() {
  const { me, signOut } = useSession()
  const [isSigningOut, setSigningOut] = useState(false)
  const { menu } = words.value
  const leave = async () => {
    setSigningOut(true)
    await signOut()
    closeDialog()
  }
  return (
    <Dialog title={plainName(me.nickName)} class="dialog-small">
      <RadioGroup name="theme" label={menu.theme} setting={theme} options={themeNames()} />
      <RadioGroup name="language" label={menu.language} setting={language} options={languageNames()} />
      <NotificationSwitch />
      <MentionAlarm />
      <BlockedUsers />
      <Button look="quiet" disabled={isSigningOut} onClick={() => void leave()}>
        <Icon name="exit" size={18} /> {menu.signOut}
      </Button>
    </Dialog>
  )
}

function MentionAlarm() {
  const { chat, toasts } = useSession()
  const [isOn, setOn] = useState(isMentionAlarmOn)
  const turn = async (on: boolean) => {
    if (!(await toasts.attempt(() => chat.ask('setMentionAlarm', { on })))) return
    storeMentionAlarm(on)
    setOn(on)
  }
  return <Switch label={words.value.menu.mentionAlarm} isOn={isOn} onChange={(on) => void turn(on)} />
}

const themeNames = (): [Theme, string][] => [
  ['system', words.value.menu.system],
  ['light', words.value.menu.light],
  ['dark', words.value.menu.dark],
]
const languageNames = () =>
  Object.entries(languages).map(([key, { languageName }]): [Language, string] => [
    key as Language,
    languageName,
  ])

type RadioGroupProps<T extends string> = {
  name: string
  label: string
  /** Picking an option changes it. */
  setting: Signal<T>
  options: [T, string][]
}

const RadioGroup = <T extends string>({ name, label, setting, options }: RadioGroupProps<T>) => (
  <fieldset class="choice">
    <legend>{label}</legend>
    <div>
      {options.map(([key, text]) => (
        <label key={key}>
          <input
            type="radio"
            name={name}
            checked={key === setting.value}
            onChange={() => {
              setting.value = key
            }}
          />
          <span>{text}</span>
        </label>
      ))}
    </div>
  </fieldset>
)

function BlockedUsers() {
  const { chat, toasts } = useSession()
  const [turn, setTurn] = useState(0)
  const { list, isEmpty } = usePages(
    async () => ({ ...(await chat.ask('listBlocked')), nextCursor: null }),
    [turn],
  )
  const { menu, people } = words.value
  const unblock = (userId: string) =>
    toasts.attempt(() => chat.ask('unblockUser', { userId })).then(() => setTurn(turn + 1))
  return (
    <section class="blocked">
      <h3>{menu.blocked}</h3>
      {isEmpty && <p class="hint">{menu.noneBlocked}</p>}
      {list.map((user) => (
        <div key={user._id} class="person">
          <Avatar id={user._id} name={user.nickName} size="small" />
          <span class="person-name">{plainName(user.nickName)}</span>
          <Button look="quiet" onClick={() => void unblock(user._id)}>
            {people.unblock}
          </Button>
        </div>
      ))}
    </section>
  )
}
