import type { QueuedDraft } from '@chat/client'
import { sizeOf } from '../i18n/format.ts'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import type { Upload } from '../session/uploads.ts'
import { plainName } from '../text/plain-text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { RichText } from '../ui/rich-text.tsx'

/** A text in the outbox: waiting, being sent, or refused. */
export function DraftRow({ draft }: { draft: QueuedDraft }) {
  const { chat, connection } = useSession()
  const { message, errors, retry } = words.value
  const isConnected = connection.value.state === 'connected'
  const { place: _place, queuedAt: _queuedAt, failure, ...again } = draft
  return (
    <article class={`talk is-mine is-head is-tail ${failure ? 'is-failed' : 'is-waiting'}`}>
      <div class="talk-body">
        <div class="talk-line">
          <div class="bubble bubble-mine">
            <p class="bubble-text" dir="auto">
              <RichText text={draft.text} />
            </p>
          </div>
          <span class="talk-margin">
            <Icon name={failure ? 'alert' : 'clock'} size={14} />
            {!failure && <span>{isConnected ? message.sending : message.queued}</span>}
          </span>
        </div>
        {failure && (
          <p class="failure" role="alert">
            {message.notSent}. {errors[failure.code]}
            <Button look="quiet" onClick={() => void chat.send(again).catch(() => {})}>
              {retry}
            </Button>
            <Button look="quiet" onClick={() => void chat.outbox.cancel(draft)}>
              {message.discard}
            </Button>
          </p>
        )}
      </div>
    </article>
  )
}

/** A file being uploaded, or refused. */
export function UploadRow({ upload }: { upload: Upload }) {
  const { uploads } = useSession()
  const { file, preview, percent, failure } = upload
  const { message, errors, retry, cancel } = words.value
  const name = plainName(file.name)
  return (
    <article class={`talk is-mine is-head is-tail ${failure ? 'is-failed' : 'is-waiting'}`} aria-label={name}>
      <div class="talk-body">
        <div class="upload">
          {preview && <img src={preview} alt={name} />}
          <p class="upload-name">
            <Icon name={preview ? 'image' : 'file'} size={16} /> <span>{name}</span>{' '}
            <span class="attachment-size">{sizeOf(file.size)}</span>
          </p>
          {!failure && <progress max={100} value={percent} aria-label={message.uploading(percent)} />}
          <p class="upload-foot">
            <span role={failure ? 'alert' : undefined}>
              {failure ? `${message.notSent}. ${errors[failure]}` : message.uploading(percent)}
            </span>
            {failure && (
              <Button look="quiet" onClick={() => uploads.retry(upload)}>
                {retry}
              </Button>
            )}
            <Button look="quiet" onClick={() => uploads.cancel(upload)}>
              {failure ? message.discard : cancel}
            </Button>
          </p>
        </div>
      </div>
    </article>
  )
}
