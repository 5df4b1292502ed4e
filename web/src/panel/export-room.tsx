import type { Room } from '@chat/contract'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { Button } from '../ui/button.tsx'

const formats = ['TXT', 'CSV', 'JSON'] as const

/** The link to the finished export comes as a toast. */
export function ExportRoom({ room }: { room: Room }) {
  const { chat, toasts } = useSession()
  const { settings } = words.value
  return (
    <section class="export">
      <h3>{settings.export}</h3>
      <div>
        {formats.map((format) => (
          <Button
            key={format}
            onClick={() =>
              void toasts.attempt(
                () => chat.ask('exportMessages', { roomId: room._id, format }),
                settings.exporting,
              )
            }
          >
            {format}
          </Button>
        ))}
      </div>
    </section>
  )
}
