import type { JoinUser, Room, User } from '@chat/contract'
import { useEffect, useState } from 'preact/hooks'
import { language, words } from '../i18n/words.ts'
import { isMasterOf } from '../message-list/message-actions.tsx'
import { useSession } from '../session/session.ts'
import { PeoplePicker } from '../sidebar/people-picker.tsx'
import { Button } from '../ui/button.tsx'
import { closeDialog, Dialog, DialogActions, openDialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { LoadError } from '../ui/load-error.tsx'
import { SearchField, Spinner } from '../ui/small.tsx'
import { usePaged, useSettled } from '../ui/use-pages.ts'
import { inOrder, withMasters } from './member-order.ts'
import { MemberRow } from './member-row.tsx'

const PAGE = 50
const states = ['JOINED', 'MUTED', 'BANNED'] as const
type State = (typeof states)[number]

/** Who is in a room, and for masters who may not write or come back. */
export function People({ room }: { room: Room }) {
  const { chat, me, presence } = useSession()
  const [keyword, setKeyword] = useState('')
  const [state, setState] = useState<State>('JOINED')
  const wanted = useSettled(keyword.trim())
  const members = usePaged<JoinUser>(
    (cursor) =>
      chat.ask('listMembers', {
        roomId: room._id,
        state,
        limit: PAGE,
        ...(wanted && { keyword: wanted }),
        ...(cursor && { cursor }),
      }),
    [wanted, state, room.updatedAt],
    `${state} ${wanted}`,
  )
  const { people, loadMore } = words.value
  const isMaster = isMasterOf(room, me._id)
  const isWhole = state === 'JOINED' && wanted === '' && members.list.length > 0
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
      {isMaster && <States state={state} onPick={setState} />}
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

const States = ({ state, onPick }: { state: State; onPick: (state: State) => void }) => (
  <div class="segments">
    {states.map((one) => (
      <button key={one} type="button" aria-pressed={one === state} onClick={() => onPick(one)}>
        {stateNames()[one]}
      </button>
    ))}
  </div>
)

function Invite({ room }: { room: Room }) {
  const { chat, notices } = useSession()
  const [picked, setPicked] = useState<User[]>([])
  const { people } = words.value
  const invite = async () => {
    const targetUserIds = picked.map(({ _id }) => _id)
    if (await notices.attempt(() => chat.ask('inviteRoom', { roomId: room._id, targetUserIds })))
      closeDialog()
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
