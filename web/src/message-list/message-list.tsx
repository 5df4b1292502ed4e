import type { Room } from '@chat/contract'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Reply } from '../composer/reply.ts'
import type { Conversation } from '../conversation/conversation.ts'
import { dayOf } from '../i18n/format.ts'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { previewOf } from '../text/message-preview.ts'
import { plainName } from '../text/plain-text.ts'
import { Badge } from '../ui/badge.tsx'
import { Icon } from '../ui/icon.tsx'
import { Empty, Spinner } from '../ui/placeholder.tsx'
import { type Edges, type ListHandle, VirtualList } from '../virtual-list/virtual-list.tsx'
import { MessageRow } from './message-row.tsx'
import { DraftRow, UploadRow } from './queued-rows.tsx'
import { messageKey, type Row, rowsOf } from './rows.ts'

const ROW_ESTIMATE_PX = 56
/** The next page is loaded this many rows before the loaded ones end. */
const PRELOAD_ROWS = 12
const FLASH_MS = 1_600

type Props = { room: Room; conversation: Conversation; reply: Reply }

export function MessageList({ room, conversation, reply }: Props) {
  const { me, drafts, uploads } = useSession()
  const handle = useRef<ListHandle | null>(null)
  const [isAtEnd, setAtEnd] = useState(true)
  const window = conversation.window.value
  const isHere = ({ roomId }: { roomId: string }) => roomId === room._id
  const rows = rowsOf({
    window,
    firstUnread: conversation.firstUnread.value,
    me: me._id,
    drafts: drafts.value.filter(isHere),
    uploads: uploads.list.value.filter(isHere),
  })
  const flashed = useScrollTarget(conversation, handle)
  useScrollOnSend(rows.filter(({ kind }) => kind === 'draft' || kind === 'upload').length, conversation)
  const shown = useRef<Edges | null>(null)
  const onShown = (edges: Edges) => {
    shown.current = edges
    setAtEnd(edges.isAtEnd && !window.hasAfter)
    if (conversation.state.value !== 'open') return
    if (edges.first < PRELOAD_ROWS) conversation.loadBefore()
    if (edges.last > rows.length - PRELOAD_ROWS) conversation.loadAfter()
    if (edges.isAtEnd && document.visibilityState === 'visible') conversation.markRead()
  }
  useOnPageVisible(() => shown.current?.isAtEnd && conversation.markRead())
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
        onShown={onShown}
      >
        {(row) => (
          <RowView
            row={row}
            room={room}
            conversation={conversation}
            reply={reply}
            isFlashed={row.key === flashed}
          />
        )}
      </VirtualList>
      {!isAtEnd && <JumpToEnd room={room} conversation={conversation} />}
      <IncomingAnnouncer conversation={conversation} />
    </div>
  )
}

function JumpToEnd({ room, conversation }: Omit<Props, 'reply'>) {
  const { toasts } = useSession()
  return (
    <button
      type="button"
      class="to-end"
      aria-label={words.value.room.toEnd}
      onClick={() => void toasts.attempt(() => conversation.goToEnd())}
    >
      <Icon name="down" />
      <Badge count={room.unReadMsgCount} />
    </button>
  )
}

type RowProps = Props & { row: Row; isFlashed: boolean }

function RowView({ row, isFlashed, ...rest }: RowProps) {
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

/** Scrolls to the conversation's target. @returns the key of the row to highlight */
function useScrollTarget(conversation: Conversation, handle: { current: ListHandle | null }): string | null {
  const target = conversation.scrollTarget.value
  const [flashed, setFlashed] = useState<string | null>(null)
  useEffect(() => {
    if (target?.to === 'end') handle.current?.goToEnd()
    if (target?.to !== 'message') return
    const key = messageKey(target.seq)
    handle.current?.goTo(key)
    if (!target.isFlashed) return
    setFlashed(key)
    const timer = setTimeout(() => setFlashed(null), FLASH_MS)
    return () => clearTimeout(timer)
  }, [target?.id])
  return flashed
}

/** Scrolls to the end when the user sends something, with or without a connection. */
function useScrollOnSend(waiting: number, conversation: Conversation) {
  const before = useRef(waiting)
  useEffect(() => {
    if (waiting > before.current) void conversation.goToEnd().catch(() => {})
    before.current = waiting
  }, [waiting])
}

/** Calls back when the page becomes visible. */
function useOnPageVisible(onVisible: () => void) {
  const call = useRef(onVisible)
  call.current = onVisible
  useEffect(() => {
    const onChange = () => document.visibilityState === 'visible' && call.current()
    document.addEventListener('visibilitychange', onChange)
    return () => document.removeEventListener('visibilitychange', onChange)
  }, [])
}

/** Reads new messages out to screen readers. */
function IncomingAnnouncer({ conversation }: { conversation: Conversation }) {
  const { me } = useSession()
  const message = conversation.lastIncoming.value
  const isTold = message !== null && message.author.authorId !== me._id
  return (
    <p class="sr-only" aria-live="polite">
      {isTold && `${plainName(message.author.nickName)}: ${previewOf(message)}`}
    </p>
  )
}
