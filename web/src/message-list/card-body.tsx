import type { Message } from '@chat/contract'
import { plainName } from '../text/plain-text.ts'
import { Icon } from '../ui/icon.tsx'
import { RichText } from '../ui/rich-text.tsx'

type Card = NonNullable<Message['data']['content']['rawData']>

/** A platform's card. Its buttons are for the platform's own app; this page only shows them. */
export const CardBody = ({ card }: { card: Card }) => (
  <div class="card">
    {card.link && (
      <p class="card-link">
        <Icon name="link" size={15} /> {plainName(card.link.name)}
      </p>
    )}
    {card.text !== undefined && (
      <p class="bubble-text" dir="auto">
        <RichText text={card.text} />
      </p>
    )}
    {card.acceptedStatus !== undefined && (
      <p class="card-status">
        <Icon name={card.acceptedStatus ? 'check' : 'clock'} size={16} />
      </p>
    )}
    {card.buttons?.map((button) => (
      <span key={button.title} class="card-button">
        {plainName(button.title)}
      </span>
    ))}
  </div>
)
