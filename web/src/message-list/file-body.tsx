import type { Message, File as StoredFile } from '@chat/contract'
import { useState } from 'preact/hooks'
import { lengthOf, sizeOf } from '../i18n/format.ts'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain-text.ts'
import { openDialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { ImageViewer, useFileUrl } from './image-viewer.tsx'

type Props = { file: StoredFile; type: Message['data']['type'] }
const MAX_WIDTH_PX = 320
const MAX_HEIGHT_PX = 360

/** The final size, so that nothing moves when the picture has loaded. */
function sizeStyle({ frameSize }: StoredFile) {
  const { width, height } = frameSize ?? { width: 4, height: 3 }
  const scale = Math.min(MAX_WIDTH_PX / Math.max(1, width), MAX_HEIGHT_PX / Math.max(1, height))
  const shown = Math.max(120, Math.min(MAX_WIDTH_PX, Math.round(width * scale)))
  return { width: `${shown}px`, aspectRatio: `${Math.max(1, width)} / ${Math.max(1, height)}` }
}

export function FileBody({ file, type }: Props) {
  const [hasFailed, setFailed] = useState(false)
  if (type === 'FILE' || hasFailed) return <Attachment file={file} />
  if (type === 'VIDEO') return <Video file={file} onFailed={() => setFailed(true)} />
  return <Photo file={file} onFailed={() => setFailed(true)} />
}

function Photo({ file, onFailed }: { file: StoredFile; onFailed: () => void }) {
  const { url, onError } = useFileUrl(file.path, file.thumbnail ? 'thumbnail' : '', onFailed)
  const name = plainName(file.name)
  return (
    <button
      type="button"
      class="photo"
      style={sizeStyle(file)}
      aria-label={words.value.message.view(name)}
      onClick={() => openDialog(<ImageViewer file={file} />)}
    >
      <img src={url} alt={name} loading="lazy" decoding="async" onError={onError} />
    </button>
  )
}

function Video({ file, onFailed }: { file: StoredFile; onFailed: () => void }) {
  const { files } = useSession()
  const { url, onError } = useFileUrl(file.path, '', onFailed)
  return (
    <figure class="video" style={sizeStyle(file)}>
      {/* biome-ignore lint/a11y/useMediaCaption: what people send has none */}
      <video
        src={url}
        controls
        preload="none"
        poster={file.thumbnail && files.of(file.path, 'thumbnail')}
        aria-label={plainName(file.name)}
        onError={onError}
      />
      {file.duration !== undefined && <figcaption>{lengthOf(file.duration)}</figcaption>}
    </figure>
  )
}

export function Attachment({ file }: { file: StoredFile }) {
  const { files } = useSession()
  const name = plainName(file.name)
  return (
    <a
      class="attachment"
      href={files.of(file.path, 'download')}
      download
      aria-label={words.value.message.download(name)}
    >
      <span class="attachment-icon">
        <Icon name="file" />
      </span>
      <span class="attachment-text">
        <span class="attachment-name">{name}</span>
        <span class="attachment-size">{sizeOf(file.size)}</span>
      </span>
      <Icon name="download" size={18} />
    </a>
  )
}
