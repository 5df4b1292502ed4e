import type { JoinUser, Room, User } from '@chat/contract'
import { useEffect, useState } from 'preact/hooks'
import { language, words } from '../i18n/words.ts'
import { isMasterOf } from '../session/room-members.ts'
import { useSession } from '../session/session.ts'
import { PeoplePicker } from '../sidebar/people-picker.tsx'
import { Button } from '../ui/button.tsx'
import { closeDialog, Dialog, DialogActions, openDialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { LoadError, Spinner } from '../ui/placeholder.tsx'
import { SearchField } from '../ui/search-field.tsx'
import { useDebounced, usePages } from '../ui/use-pages.ts'
import { inOrder, withMasters } from './member-order.ts'
import { MemberRow } from './member-row.tsx'

const PAGE = 50
const states = ['JOINED', 'MUTED', 'BANNED'] as const
type State = (typeof states)[number]

/** A room's members; masters also see the muted and the banned. */
export function Members({ room }: { room: Room }) {
  const { chat, me, presence } = useSession()
  const [keyword, setKeyword] = useState('')
  const [state, setState] = useState<State>('JOINED')
  const searched = useDebounced(keyword.trim())
  const members = usePages<JoinUser>(
    (cursor) =>
      chat.ask('listMembers', {
        roomId: room._id,
        state,
        limit: PAGE,
        ...(searched && { keyword: searched }),
        ...(cursor && { cursor }),
      }),
    [searched, state, room.updatedAt],
    `${state} ${searched}`,
  )
  const { people, loadMore } = words.value
  const isMaster = isMasterOf(room, me._id)
  const isWhole = state === 'JOINED' && searched === '' && members.list.length > 0
  const shown = isWhole ? withMasters(members.list, room) : members.list
  useEffect(() => presence.watch(shown.map(({ _id }) => _id)), [members.list])
  return (
    <div class="panel-body">
      {room.rules.canInviteMemebrs && !room.rules.isFreezed && (
        <Button look="main" onClick={() => openDialog(<Invite room={room} />)}>
          <Icon name="plus" size={18} /> {people.invite}
        </Button>
      )}
      <SearchField label={people.find} value={keyword} onInput={setKeyword} />
      {isMaster && <StateTabs state={state} onPick={setState} />}
      <div class="members">
        {inOrder(shown, language.value).map((member) => (
          <MemberRow
            key={member._id}
            room={room}
            member={member}
            isBanned={state === 'BANNED'}
            onDone={members.reload}
          />
        ))}
      </div>
      {members.isEmpty && <p class="hint">{people.nobody}</p>}
      {members.error !== null && <LoadError error={members.error} onRetry={members.retry} />}
      {members.isLoading && members.list.length === 0 && <Spinner />}
      {members.hasMore && (
        <Button look="quiet" onClick={members.loadMore}>
          {loadMore}
        </Button>
      )}
    </div>
  )
}

const stateNames = (): Record<State, string> => {
  const { people } = words.value
  return { JOINED: people.title, MUTED: people.muted, BANNED: people.banned }
}

const StateTabs = ({ state, onPick }: { state: State; onPick: (state: State) => void }) => (
  <div class="segments">
    {states.map((one) => (
      <button key={one} type="button" aria-pressed={one === state} onClick={() => onPick(one)}>
        {stateNames()[one]}
      </button>
    ))}
  </div>
)

function Invite({ room }: { room: Room }) {
  const { chat, toasts } = useSession()
  const [picked, setPicked] = useState<User[]>([])
  const { people } = words.value
  const invite = async () => {
    const targetUserIds = picked.map(({ _id }) => _id)
    if (await toasts.attempt(() => chat.ask('inviteRoom', { roomId: room._id, targetUserIds }))) closeDialog()
  }
  const footer = (
    <DialogActions label={people.inviteAction} isDisabled={picked.length === 0} onAct={() => void invite()} />
  )
  return (
    <Dialog title={people.invite} footer={footer}>
      <PeoplePicker picked={picked} onPick={setPicked} hidden={room.joinUsers.map(({ _id }) => _id)} />
    </Dialog>
  )
}
