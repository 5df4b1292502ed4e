import type { Room } from '@chat/contract'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Reply } from '../composer/reply.ts'
import type { Conversation } from '../conversation/conversation.ts'
import { dayOf } from '../i18n/dates.ts'
import { words } from '../i18n/words.ts'
import { previewOf } from '../session/preview.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain.ts'
import { Icon } from '../ui/icon.tsx'
import { Badge, Empty, Spinner } from '../ui/small.tsx'
import { type Edges, type ListHandle, VirtualList } from '../virtual-list/virtual-list.tsx'
import { MessageRow } from './message-row.tsx'
import { DraftRow, UploadRow } from './queued-rows.tsx'
import { messageKey, type Row, rowsOf } from './rows.ts'

const ROW_ESTIMATE_PX = 56
/** This many rows before what is loaded ends, more is loaded. */
const AHEAD = 12
const FLASH_MS = 1_600

type Props = { room: Room; conversation: Conversation; reply: Reply }

export function MessageList({ room, conversation, reply }: Props) {
  const { me, drafts, uploads } = useSession()
  const handle = useRef<ListHandle | null>(null)
  const [isAtEnd, setAtEnd] = useState(true)
  const held = conversation.window.value
  const isHere = ({ roomId }: { roomId: string }) => roomId === room._id
  const rows = rowsOf({
    window: held,
    firstUnread: conversation.firstUnread.value,
    me: me._id,
    drafts: drafts.value.filter(isHere),
    uploads: uploads.list.value.filter(isHere),
  })
  const flashed = useGoals(conversation, handle)
  useWriting(rows.filter(({ kind }) => kind === 'draft' || kind === 'upload').length, conversation)
  const shown = useRef<Edges | null>(null)
  const lookAround = (edges: Edges) => {
    shown.current = edges
    setAtEnd(edges.isAtEnd && !held.hasAfter)
    if (conversation.state.value !== 'open') return
    if (edges.first < AHEAD) conversation.loadBefore()
    if (edges.last > rows.length - AHEAD) conversation.loadAfter()
    if (edges.isAtEnd && document.visibilityState === 'visible') conversation.seen()
  }
  useReturn(() => shown.current?.isAtEnd && conversation.seen())
  const isOpening = conversation.state.value === 'opening'
  return (
    <div class="messages-area">
      {rows.length === 0 &&
        (isOpening ? <Spinner /> : <Empty icon="chat" title={words.value.rooms.noMessages} />)}
      <VirtualList
        rows={rows}
        pin="end"
        estimate={ROW_ESTIMATE_PX}
        label={words.value.room.messages}
        class="messages"
        handle={handle}
        onShown={lookAround}
      >
        {(row) => (
          <RowOf
            row={row}
            room={room}
            conversation={conversation}
            reply={reply}
            isFlashed={row.key === flashed}
          />
        )}
      </VirtualList>
      {!isAtEnd && <ToEnd room={room} conversation={conversation} />}
      <Heard conversation={conversation} />
    </div>
  )
}

function ToEnd({ room, conversation }: Omit<Props, 'reply'>) {
  const { notices } = useSession()
  return (
    <button
      type="button"
      class="to-end"
      aria-label={words.value.room.toEnd}
      onClick={() => void notices.attempt(() => conversation.goToEnd())}
    >
      <Icon name="down" />
      <Badge count={room.unReadMsgCount} />
    </button>
  )
}

type RowProps = Props & { row: Row; isFlashed: boolean }

function RowOf({ row, isFlashed, ...rest }: RowProps) {
  const { room } = words.value
  switch (row.kind) {
    case 'beginning':
      return <p class="divider divider-quiet">{room.beginning}</p>
    case 'day':
      return (
        <p class="divider">
          <span>{dayOf(row.at)}</span>
        </p>
      )
    case 'unread':
      return (
        <p class="divider divider-unread">
          <span>{room.newMessages}</span>
        </p>
      )
    case 'message':
      return (
        <MessageRow
          {...rest}
          message={row.message}
          isHead={row.isHead}
          isTail={row.isTail}
          isFlashed={isFlashed}
        />
      )
    case 'draft':
      return <DraftRow draft={row.draft} />
    case 'upload':
      return <UploadRow upload={row.upload} />
  }
}

/** Goes where the conversation wants to. @returns the row that is to catch the eye */
function useGoals(conversation: Conversation, handle: { current: ListHandle | null }): string | null {
  const goal = conversation.goal.value
  const [flashed, setFlashed] = useState<string | null>(null)
  useEffect(() => {
    if (goal?.to === 'end') handle.current?.goToEnd()
    if (goal?.to !== 'message') return
    const key = messageKey(goal.seq)
    handle.current?.goTo(key)
    if (!goal.isFlashed) return
    setFlashed(key)
    const timer = setTimeout(() => setFlashed(null), FLASH_MS)
    return () => clearTimeout(timer)
  }, [goal?.turn])
  return flashed
}

/** What one has just written is seen at once, also where it has to wait for a connection. */
function useWriting(waiting: number, conversation: Conversation) {
  const before = useRef(waiting)
  useEffect(() => {
    if (waiting > before.current) void conversation.goToEnd().catch(() => {})
    before.current = waiting
  }, [waiting])
}

/** Calls back when somebody looks at the page again. */
function useReturn(onReturn: () => void) {
  const call = useRef(onReturn)
  call.current = onReturn
  useEffect(() => {
    const look = () => document.visibilityState === 'visible' && call.current()
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
}

/** New messages, for those who hear the page. */
function Heard({ conversation }: { conversation: Conversation }) {
  const { me } = useSession()
  const message = conversation.heard.value
  const isTold = message !== null && message.author.authorId !== me._id
  return (
    <p class="sr-only" aria-live="polite">
      {isTold && `${plainName(message.author.nickName)}: ${previewOf(message)}`}
    </p>
  )
}
