import type { Room } from '@chat/contract'
import { signal } from '@preact/signals'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Composer } from '../composer/composer.tsx'
import { Reply } from '../composer/reply.ts'
import { words } from '../i18n/words.ts'
import { MessageList } from '../message-list/message-list.tsx'
import { showRoomList, targetMessage } from '../session/route.ts'
import { useSession } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/placeholder.tsx'
import { AnnouncementBar } from './announcement-bar.tsx'
import { ConnectionBar } from './connection-bar.tsx'
import { Conversation } from './conversation.ts'
import { Header } from './header.tsx'
import { TypingIndicator } from './typing-indicator.tsx'

/** The open conversation, for the panel beside it. */
export const currentConversation = signal<Conversation | null>(null)

export function ConversationPane({ roomId }: { roomId: string | null }) {
  const { rooms } = useSession()
  const wasThere = useRef(false)
  if (roomId === null) return <NoRoom />
  const room = rooms.get(roomId)
  if (room) wasThere.current = true
  if (!room) return wasThere.current || rooms.isLoaded.value ? <RoomGone /> : <main class="pane" />
  return <OpenConversation room={room} />
}

const NoRoom = () => (
  <main class="pane pane-empty">
    <ConnectionBar />
    <Empty icon="chat" title={words.value.room.pick} hint={words.value.room.pickHint} />
  </main>
)

const RoomGone = () => (
  <main class="pane pane-empty">
    <Empty icon="exit" title={words.value.room.gone} hint={words.value.room.goneHint}>
      <Button onClick={showRoomList}>{words.value.room.toList}</Button>
    </Empty>
  </main>
)

function OpenConversation({ room }: { room: Room }) {
  const conversation = useConversation(room._id)
  const reply = useMemo(() => new Reply(), [])
  const { uploads } = useSession()
  const drop = useDrop((files) => uploads.add(room._id, files))
  return (
    <main
      class={`pane ${drop.isOver ? 'is-drop' : ''}`}
      {...drop.handlers}
      data-drop={words.value.room.dropFiles}
    >
      <Header room={room} />
      <ConnectionBar />
      <AnnouncementBar room={room} conversation={conversation} />
      <MessageList room={room} conversation={conversation} reply={reply} />
      <TypingIndicator room={room} />
      <Composer room={room} reply={reply} />
    </main>
  )
}

function useConversation(roomId: string): Conversation {
  const { chat, me } = useSession()
  const conversation = useMemo(() => new Conversation(chat, roomId, me._id), [])
  useEffect(() => {
    const target = targetMessage.value?.roomId === roomId ? targetMessage.value.messageId : undefined
    targetMessage.value = null
    void conversation.open(target)
    currentConversation.value = conversation
    return () => {
      conversation.close()
      if (currentConversation.value === conversation) currentConversation.value = null
    }
  }, [])
  // A search result in the room that is open already.
  useEffect(() => {
    const target = targetMessage.value
    if (target?.roomId !== roomId || conversation.state.value !== 'open') return
    targetMessage.value = null
    void conversation.goTo(target.messageId).catch(() => {})
  }, [targetMessage.value])
  return conversation
}

function useDrop(onFiles: (files: File[]) => void) {
  const [isOver, setOver] = useState(false)
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') === true
  const handlers = {
    onDragOver: (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(true)
    },
    onDragLeave: (event: DragEvent) => {
      const isInside = (event.currentTarget as Node).contains(event.relatedTarget as Node | null)
      if (!isInside) setOver(false)
    },
    onDrop: (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(false)
      onFiles([...(event.dataTransfer?.files ?? [])])
    },
  }
  return { isOver, handlers }
}
