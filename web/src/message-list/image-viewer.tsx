import type { File as StoredFile } from '@chat/contract'
import { useState } from 'preact/hooks'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain-text.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'

/** A file's URL; one that fails to load is replaced once, since its token may have expired. */
export function useFileUrl(path: string, kind: '' | 'thumbnail', onFailed: () => void) {
  const { files } = useSession()
  const [url, setUrl] = useState(() => files.of(path, kind))
  const onError = () => {
    const next = files.renew(path, kind)
    if (next === null) onFailed()
    else setUrl(next)
  }
  return { url, onError }
}

/** A dialog with a picture as large as the page allows. */
export function ImageViewer({ file }: { file: StoredFile }) {
  const { files } = useSession()
  const { url, onError } = useFileUrl(file.path, '', () => {})
  const name = plainName(file.name)
  const footer = (
    <a class="button button-plain" href={files.of(file.path, 'download')} download>
      <Icon name="download" size={18} /> {words.value.message.download(name)}
    </a>
  )
  return (
    <Dialog title={name} class="viewer" footer={footer}>
      <img src={url} alt={name} onError={onError} />
    </Dialog>
  )
}
