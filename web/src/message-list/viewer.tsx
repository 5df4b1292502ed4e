import type { File as StoredFile } from '@chat/contract'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { plainName } from '../text/plain.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { useLink } from './file-body.tsx'

/** A picture as large as the page lets it be. */
export function Viewer({ file }: { file: StoredFile }) {
  const { files } = useSession()
  const { address, onError } = useLink(file.path, '', () => {})
  const name = plainName(file.name)
  const footer = (
    <a class="button button-plain" href={files.of(file.path, 'download')} download>
      <Icon name="download" size={18} /> {words.value.message.download(name)}
    </a>
  )
  return (
    <Dialog title={name} class="viewer" footer={footer}>
      <img src={address} alt={name} onError={onError} />
    </Dialog>
  )
}
