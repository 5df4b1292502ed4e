import type { Message, Room, File as StoredFile } from '@chat/contract'
import { useState } from 'preact/hooks'
import { lengthOf } from '../i18n/format.ts'
import { words } from '../i18n/words.ts'
import { Attachment } from '../message-list/file-body.tsx'
import { ImageViewer, useFileUrl } from '../message-list/image-viewer.tsx'
import { useSession } from '../session/session.ts'
import { plainName, plainText } from '../text/plain-text.ts'
import { partsOf } from '../text/text-parts.ts'
import { Button } from '../ui/button.tsx'
import { openDialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { Empty, LoadError, Spinner } from '../ui/placeholder.tsx'
import { usePages } from '../ui/use-pages.ts'

const kinds = ['PHOTO', 'VIDEO', 'FILE', 'LINK'] as const
type Kind = (typeof kinds)[number]

/** A room's photos, videos, files and links, newest first. */
export function Gallery({ room }: { room: Room }) {
  const { chat } = useSession()
  const [kind, setKind] = useState<Kind>('PHOTO')
  const shared = usePages<Message>(
    (cursor) => chat.ask('listGallery', { roomId: room._id, kind, limit: 30, ...(cursor && { cursor }) }),
    [kind, room.lastSeq],
    kind,
  )
  const { gallery, loadMore } = words.value
  return (
    <div class="panel-body">
      <div class="segments">
        {kinds.map((one) => (
          <button key={one} type="button" aria-pressed={one === kind} onClick={() => setKind(one)}>
            {gallery[one]}
          </button>
        ))}
      </div>
      {shared.isEmpty && <Empty icon="image" title={gallery.empty} />}
      {shared.error !== null && <LoadError error={shared.error} onRetry={shared.retry} />}
      <div class={kind === 'PHOTO' || kind === 'VIDEO' ? 'tiles' : 'shared-list'}>
        {shared.list.map((message) => (
          <Shared key={message._id} message={message} kind={kind} />
        ))}
      </div>
      {shared.isLoading && <Spinner />}
      {shared.hasMore && (
        <Button look="quiet" onClick={shared.loadMore}>
          {loadMore}
        </Button>
      )}
    </div>
  )
}

function Shared({ message, kind }: { message: Message; kind: Kind }) {
  if (kind === 'LINK') return <Links text={message.data.content.text ?? ''} />
  return (
    <>
      {message.data.content.files?.map((file) =>
        kind === 'FILE' ? <Attachment key={file.path} file={file} /> : <Tile key={file.path} file={file} />,
      )}
    </>
  )
}

function Tile({ file }: { file: StoredFile }) {
  const { url, onError } = useFileUrl(file.path, file.thumbnail ? 'thumbnail' : '', () => {})
  const name = plainName(file.name)
  const isVideo = file.duration !== undefined
  if (isVideo && !file.thumbnail) return <Attachment file={file} />
  return (
    <button
      type="button"
      class="tile"
      aria-label={words.value.message.view(name)}
      onClick={() => openDialog(<ImageViewer file={file} />)}
    >
      <img src={url} alt={name} loading="lazy" onError={onError} />
      {isVideo && (
        <span class="tile-length">
          <Icon name="play" size={12} /> {lengthOf(file.duration ?? 0)}
        </span>
      )}
    </button>
  )
}

const Links = ({ text }: { text: string }) => (
  <>
    {partsOf(plainText(text))
      .filter(({ kind }) => kind === 'link')
      .map(({ text: address }, index) => (
        <a
          key={`${index} ${address}`}
          class="shared-link"
          href={address}
          target="_blank"
          rel="noopener noreferrer nofollow"
        >
          <Icon name="link" size={18} />
          <span>
            <strong>{new URL(address).host}</strong>
            <span>{address}</span>
          </span>
        </a>
      ))}
  </>
)
