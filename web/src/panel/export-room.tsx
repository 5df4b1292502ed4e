import type { Room } from '@chat/contract'
import { useDesk } from '../desk/desk.ts'
import { Button } from '../ui/button.tsx'
import { words } from '../words/words.ts'

const formats = ['TXT', 'CSV', 'JSON'] as const

/** The link to what is exported comes as a notice, when it is made. */
export function ExportRoom({ room }: { room: Room }) {
  const { chat, notices } = useDesk()
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
