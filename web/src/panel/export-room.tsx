import type { Room } from '@chat/contract'
import { words } from '../i18n/words.ts'
import { useSession } from '../session/session.ts'
import { Button } from '../ui/button.tsx'

const formats = ['TXT', 'CSV', 'JSON'] as const

/** The link to what is exported comes as a notice, when it is made. */
export function ExportRoom({ room }: { room: Room }) {
  const { chat, notices } = useSession()
  const { settings } = words.value
  return (
    <section class="export">
      <h3>{settings.export}</h3>
      <div>
        {formats.map((format) => (
          <Button
            key={format}
            onClick={() =>
              void notices.attempt(
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
